// A vitest that stays warm: runs one test file at a time, with one source file as the message has it.
import { writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { createVitest, resolveConfig } from "vitest/node";

/** @typedef {{ readonly test: string, readonly file: string, readonly code: string, readonly job?: import("./runner.mjs").Job }} Run */

const root = path.dirname(path.dirname(path.dirname(fileURLToPath(import.meta.url))));
const jobFile = process.env["MUTATION_JOB"] ?? "";
/** @type {Run | undefined} */
let current;

const { vitestConfig } = await resolveConfig({ root });
const first = /** @type {import("vitest/config").UserWorkspaceConfig} */ (vitestConfig.projects?.[0]);
const vitest = await createVitest(
  "test",
  {
    config: false,
    root,
    watch: false,
    include: ["packages/*/src/**/*.test.ts"],
    reporters: [{}],
    bail: 1,
    maxWorkers: 1,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    onConsoleLog: () => false,
    runner: fileURLToPath(new URL("runner.mjs", import.meta.url)),
    execArgv: ["--max-old-space-size=1500", "--disable-warning=MaxListenersExceededWarning"],
  },
  {
    ...(first.resolve === undefined ? {} : { resolve: first.resolve }),
    plugins: [
      {
        name: "mutant",
        enforce: "pre",
        load: (id) => (id === current?.file ? current.code : undefined),
      },
    ],
  },
);
await vitest.standalone();
const project = vitest.getRootProject();

process.on("disconnect", () => process.kill(-process.pid, "SIGKILL"));
process.on("message", (/** @type {Run} */ run) => {
  void (async () => {
    const before = current?.file;
    current = run;
    if (before !== undefined) vitest.invalidateFile(before);
    vitest.invalidateFile(run.file);
    writeFileSync(jobFile, JSON.stringify({ job: run.job }));
    vitest.state.clearFiles(project, [run.test]);
    const { testModules, unhandledErrors } = await vitest.runTestSpecifications([
      project.createSpecification(run.test),
    ]);
    const module = testModules.find(({ moduleId }) => moduleId === run.test);
    const passed = module !== undefined && module.ok() && unhandledErrors.length === 0;
    const failed = [...(module?.children.allTests() ?? [])].find((test) => test.result().state === "failed");
    vitest.state.clearErrors();
    process.send?.({ passed, failed: failed?.fullName });
  })().catch((/** @type {unknown} */ error) => process.send?.({ passed: false, failed: String(error) }));
});
process.send?.({ ready: true });
