// The last lines of a test run: why tests were skipped, and the counts in a form that other tools read.

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
    const skipped = counts.skipped === 0 ? "" : `, ${counts.skipped} skipped`;
    console.log(`${counts.passed} passed, ${counts.failed} failed${skipped}`);
  }
}
