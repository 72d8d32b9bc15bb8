// The other side of `host.mjs`: starts it, gives up on it when a test hangs, and starts it anew.
import { fork } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";

/**
 * @typedef {{ readonly passed: boolean, readonly failed?: string | undefined }} Outcome
 * @typedef {{ readonly outside?: number[], readonly reached?: number[], readonly killed?: number, readonly started?: number, readonly limit?: number, readonly ended?: number }} Line
 */

/** What the start of a test file may take on a slow machine. */
const graceMs = 60_000;

export class WarmTests {
  #scratch = mkdtempSync(path.join(tmpdir(), "mutate-"));
  #results = path.join(this.#scratch, "results");
  /** @type {import("node:child_process").ChildProcess | undefined} */
  #host;

  /**
   * Runs a test file while one source file has other code. Whoever hangs has failed.
   * @param {string} test @param {string} file @param {string} code @param {number} limitMs
   * @returns {Promise<Outcome>}
   */
  async run(test, file, code, limitMs) {
    return (
      (await this.#send({ test, file, code }, () => limitMs + graceMs)) ?? {
        passed: false,
        failed: "(hangs)",
      }
    );
  }

  /**
   * Runs a test file with each of some mutants that are in the code (see `runner.mjs`).
   * @param {string} test @param {string} file @param {string} code @param {readonly number[]} mutants
   * @returns {Promise<{ readonly killed: ReadonlySet<number>, readonly reached: ReadonlySet<number>, readonly outside: ReadonlySet<number> }>}
   */
  async runEach(test, file, code, mutants) {
    /** @type {Set<number>} */
    const killed = new Set();
    /** @type {Set<number>} */
    const reached = new Set();
    /** @type {Set<number>} */
    const outside = new Set();
    for (;;) {
      writeFileSync(this.#results, "");
      const job = { mutants: mutants.filter((id) => !killed.has(id)), results: this.#results };
      const outcome = await this.#send({ test, file, code, job }, () => this.#pending()?.limit);
      for (const line of this.#lines()) {
        for (const id of line.reached ?? []) reached.add(id);
        for (const id of line.outside ?? []) outside.add(id);
        if (line.killed !== undefined) killed.add(line.killed);
      }
      if (outcome?.passed === true) return { killed, reached, outside };
      // The process hangs or is gone: the mutant that was at work did it.
      const culprit = this.#pending()?.started;
      if (culprit === undefined || culprit === 0) {
        if (outcome?.failed !== undefined) console.error(`  ${path.basename(test)}: ${outcome.failed}`);
        return { killed, reached, outside };
      }
      killed.add(culprit);
    }
  }

  close() {
    this.#stop();
    rmSync(this.#scratch, { recursive: true, force: true });
  }

  /** @returns {readonly Line[]} */
  #lines() {
    const lines = readFileSync(this.#results, "utf8").split("\n");
    return lines.slice(0, -1).map((line) => JSON.parse(line));
  }

  /** What was begun and has not ended. */
  #pending() {
    const last = this.#lines().findLast(({ started, ended }) => started !== undefined || ended !== undefined);
    return last?.started === undefined ? undefined : last;
  }

  /**
   * @param {import("./host.mjs").Run} run
   * @param {() => number | undefined} limit How long what is at work now may take.
   * @returns {Promise<Outcome | undefined>} undefined when it hung, or the process died.
   */
  async #send(run, limit) {
    const host = (this.#host ??= await this.#start());
    return await new Promise((resolve) => {
      let lines = -1;
      let since = Date.now();
      const timer = setInterval(() => {
        const now = run.job === undefined ? 0 : this.#lines().length;
        if (now !== lines) [lines, since] = [now, Date.now()];
        else if (Date.now() - since > (limit() ?? graceMs) + 15_000) done(undefined);
      }, 500);
      /** @param {Outcome | undefined} outcome */
      const done = (outcome) => {
        clearInterval(timer);
        host.removeAllListeners();
        if (outcome === undefined) this.#stop();
        resolve(outcome);
      };
      host.once("message", (/** @type {Outcome} */ outcome) => done(outcome));
      host.once("exit", () => done(undefined));
      host.send(run);
    });
  }

  /** @returns {Promise<import("node:child_process").ChildProcess>} */
  async #start() {
    const host = fork(fileURLToPath(new URL("host.mjs", import.meta.url)), {
      // Its own process group: what hangs is ended with all that it started.
      detached: true,
      env: { ...process.env, MUTATION_JOB: path.join(this.#scratch, "job.json"), VITEST: "true" },
      stdio: ["ignore", "ignore", "inherit", "ipc"],
    });
    await new Promise((resolve, reject) => {
      host.once("message", resolve);
      host.once("exit", () => reject(new Error("vitest does not start")));
    });
    host.removeAllListeners();
    return host;
  }

  #stop() {
    const pid = this.#host?.pid;
    this.#host?.removeAllListeners();
    this.#host = undefined;
    if (pid === undefined) return;
    try {
      process.kill(-pid, "SIGKILL");
    } catch {
      // It is gone already.
    }
  }
}
