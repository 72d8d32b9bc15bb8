import { spawn } from "node:child_process";

/**
 * @typedef {object} Counts
 * @property {number} passed
 * @property {number} failed
 * @property {number} skipped
 */

/**
 * Runs tests in a process of their own, shows what they print, and reads how they went from their last line of counts
 * (`12 passed, 0 failed, 3 skipped`). A run that ends badly without a failed test, or without counts, is a failure.
 *
 * @param {string} title
 * @param {string} file
 * @param {string[]} args
 * @param {NodeJS.ProcessEnv} env
 * @returns {Promise<Counts>}
 */
export async function countedRun(title, file, args, env) {
  console.log(`== ${title}`);
  const started = performance.now();
  const child = spawn(file, args, { env, stdio: ["ignore", "pipe", "inherit"] });
  const end = () => child.kill();
  process.once("exit", end);
  let output = "";
  child.stdout.setEncoding("utf8");
  child.stdout.on("data", (/** @type {string} */ text) => {
    process.stdout.write(text);
    output += text;
  });
  /** @type {number | null} */
  const status = await new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
  process.off("exit", end);
  const line = output.match(/^\d+ passed, \d+ failed(?:, \d+ skipped)?$/gmu)?.at(-1) ?? "";
  const [passed = 0, failed = 0, skipped = 0] = (line.match(/\d+/gu) ?? []).map(Number);
  const isHonest = line !== "" && (status === 0 || failed > 0);
  if (!isHonest) console.error(`${title}: ended with ${status}, and says "${line}": counted as a failure`);
  console.log(`== ${title}: ${((performance.now() - started) / 1000).toFixed(0)} s`);
  return { passed, failed: isHonest ? failed : failed + 1, skipped };
}
