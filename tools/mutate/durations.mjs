// How long test files take, kept until they change: measuring them takes minutes.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { hashOfFile } from "./file-hash.mjs";

/** @typedef {{ readonly hash: string, readonly ms: number }} Duration */

export class Durations {
  #file;
  /** @type {Record<string, Duration>} */
  #known;

  /** @param {string} folder */
  constructor(folder) {
    mkdirSync(folder, { recursive: true });
    this.#file = path.join(folder, "durations.json");
    this.#known = existsSync(this.#file) ? JSON.parse(readFileSync(this.#file, "utf8")) : {};
  }

  /** @param {string} test */
  get(test) {
    const known = this.#known[test];
    return known?.hash === hashOfFile(test) ? known.ms : undefined;
  }

  /** @param {string} test @param {number} ms */
  set(test, ms) {
    this.#known[test] = { hash: hashOfFile(test), ms };
    writeFileSync(this.#file, JSON.stringify(this.#known));
  }
}
