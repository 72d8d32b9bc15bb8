// What every run of the tests has in common.
import { availableParallelism } from "node:os";
import { CountReporter } from "./count-reporter.mjs";

export const runSettings = {
  reporters: /** @type {import("vitest/reporters").Reporter[]} */ (["default", new CountReporter()]),
  // One for each core: by default one core is left to somebody who watches.
  maxWorkers: availableParallelism(),
};

export const projectSettings = {
  // Two shared cores, all of them at work: a slow machine must not turn into a red test.
  testTimeout: 120_000,
  hookTimeout: 120_000,
};
