// Which test killed what, so that a mutant is tried again only when its file or that test has changed since.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { hashOf, hashOfFile } from "./file-hash.mjs";

/** @typedef {{ readonly test: string, readonly hash: string }} Kill */

export class KillMemory {
  #file;
  /** @type {Map<string, Kill>} */
  #kills;

  /** @param {string} folder @param {string} text Of the mutated file. */
  constructor(folder, text) {
    mkdirSync(folder, { recursive: true });
    this.#file = path.join(folder, `${hashOf(text)}.json`);
    this.#kills = new Map(existsSync(this.#file) ? JSON.parse(readFileSync(this.#file, "utf8")) : []);
  }

  /** Whether the test that killed it is still what it was. @param {import("./mutants.mjs").Mutant} mutant */
  knows(mutant) {
    const kill = this.#kills.get(nameOf(mutant));
    return kill !== undefined && existsSync(kill.test) && hashOfFile(kill.test) === kill.hash;
  }

  /** @param {import("./mutants.mjs").Mutant} mutant @param {string} test */
  add(mutant, test) {
    this.#kills.set(nameOf(mutant), { test, hash: hashOfFile(test) });
    writeFileSync(this.#file, JSON.stringify([...this.#kills]));
  }
}

/** @param {import("./mutants.mjs").Mutant} mutant */
const nameOf = ({ start, end, replacement }) => `${start}-${end}-${replacement}`;
