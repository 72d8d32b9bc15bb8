// The last lines of a test run: what took long, and the counts in a form that other tools read.

const slowest = 12;

export class CountReporter {
  /**
   * @param {readonly import("vitest/node").TestModule[]} modules
   * @param {readonly unknown[]} errors
   */
  onTestRunEnd(modules, errors) {
    const counts = { passed: 0, failed: errors.length, skipped: 0 };
    for (const module of modules) {
      const failedBefore = counts.failed;
      for (const test of module.children.allTests()) {
        const { state } = test.result();
        if (state === "passed" || state === "failed" || state === "skipped") counts[state] += 1;
      }
      // A file that does not load, or a set-up that fails, has no failed test to show for it.
      if (module.state() === "failed" && counts.failed === failedBefore) counts.failed += 1;
    }
    const files = modules.map((module) => {
      const { duration, collectDuration } = module.diagnostic();
      return { file: module.relativeModuleId, seconds: (duration + collectDuration) / 1000 };
    });
    files.sort((a, b) => b.seconds - a.seconds);
    if (files.length > 1) console.log("The slowest files:");
    for (const { file, seconds } of files.length > 1 ? files.slice(0, slowest) : []) {
      console.log(`${seconds.toFixed(1).padStart(6)} s  ${file}`);
    }
    const skipped = counts.skipped === 0 ? "" : `, ${counts.skipped} skipped`;
    console.log(`${counts.passed} passed, ${counts.failed} failed${skipped}`);
  }
}
