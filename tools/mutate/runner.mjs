// How vitest runs a test when the module in question holds all its mutants (see `withSwitches`): once as it is, then
// once with each mutant that it reached and that no test has killed yet. Without a job, tests run as ever.
import { appendFileSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { TestRunner } from "vitest";
import { getFn, getHooks } from "vitest/suite";

/**
 * @typedef {import("vitest").RunnerTestCase & { onFinished?: ((context: unknown) => unknown)[] | undefined }} Test
 * @typedef {import("vitest").RunnerTestSuite} Suite
 * @typedef {{ readonly mutants: readonly number[], readonly results: string }} Job
 */

/** Longer tests have their turn when a mutant has survived all others. */
const longestMs = 1000;

export default class MutationRunner extends TestRunner {
  /** @type {Job | undefined} */
  #job;
  #active = 0;
  /** @type {Set<number>} */
  #reached = new Set();
  /** @type {Set<number>} */
  #alive = new Set();

  /** @param {ConstructorParameters<typeof TestRunner>[0]} config */
  constructor(config) {
    super(config);
    /** @type {Job | undefined} */
    const job = JSON.parse(readFileSync(process.env["MUTATION_JOB"] ?? "", "utf8")).job;
    if (job === undefined) return;
    this.#job = job;
    this.#alive = new Set(job.mutants);
    Reflect.set(globalThis, "mutate", (/** @type {number} */ id) => {
      this.#reached.add(id);
      return id === this.#active;
    });
    this.runTask = (/** @type {Test} */ test) => this.#runWithMutants(test);
  }

  /** @param {Test} test */
  async #runWithMutants(test) {
    const outside = this.#reached;
    this.#tell({ outside: [...outside] });
    this.#reached = new Set();
    const started = performance.now();
    await getFn(test)();
    const lasted = performance.now() - started;
    const reached = [...this.#reached];
    this.#tell({ reached });
    if (lasted < longestMs) {
      for (const id of reached) {
        if (!this.#alive.has(id)) continue;
        const survived = await this.#attempt(test, id, lasted * 10 + 8000);
        if (survived) continue;
        if (await this.#attempt(test, 0, lasted * 20 + 10_000)) {
          this.#alive.delete(id);
          this.#tell({ killed: id });
        } else break; // A test that cannot be repeated proves nothing.
      }
    }
    this.#reached = new Set();
  }

  /** Whether the test passes with this mutant. @param {Test} test @param {number} id @param {number} limit */
  async #attempt(test, id, limit) {
    this.#tell({ started: id, limit });
    this.#active = id;
    const stop = new AbortController();
    /** @type {unknown[]} */
    const unhandled = [];
    const note = (/** @type {unknown} */ error) => unhandled.push(error);
    process.on("unhandledRejection", note);
    try {
      const timeOut = sleep(limit, undefined, { signal: stop.signal }).then(() => {
        throw new Error("time is out");
      });
      await Promise.race([this.#once(test), timeOut]);
      return unhandled.length === 0;
    } catch {
      return false;
    } finally {
      stop.abort();
      this.#active = 0;
      process.off("unhandledRejection", note);
      this.#tell({ ended: id });
    }
  }

  /** @param {Test} test */
  async #once(test) {
    /** @type {Suite[]} */
    const suites = [];
    for (let suite = test.suite ?? test.file; ; suite = suite.suite ?? test.file) {
      suites.unshift(suite);
      if (suite === test.file) break;
    }
    const cleanups = [];
    try {
      for (const suite of suites) {
        for (const hook of getHooks(suite).beforeEach) cleanups.push(await hook(test.context, suite));
      }
      await getFn(test)();
    } finally {
      for (const suite of suites.toReversed()) {
        for (const hook of getHooks(suite).afterEach.toReversed()) await hook(test.context, suite);
      }
      for (const cleanup of cleanups)
        if (typeof cleanup === "function") await cleanup(test.context, test.file);
      const finished = test.onFinished ?? [];
      test.onFinished = undefined;
      for (const hook of finished.toReversed()) await hook(test.context);
    }
  }

  /** @param {Record<string, unknown>} line */
  #tell(line) {
    if (this.#job !== undefined) appendFileSync(this.#job.results, `${JSON.stringify(line)}\n`);
  }
}
