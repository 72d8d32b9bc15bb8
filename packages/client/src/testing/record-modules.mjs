// Given to `node --import`: writes the URL of every module that is loaded, one a line, to the file that MODULES_FILE names.
import { appendFileSync } from "node:fs";
import { register } from "node:module";
import process from "node:process";
import { isMainThread } from "node:worker_threads";

/** @type {import("node:module").LoadHook} */
export async function load(url, context, nextLoad) {
  appendFileSync(process.env["MODULES_FILE"] ?? "", `${url}\n`);
  return nextLoad(url, context);
}

if (isMainThread && !("recordingModules" in globalThis)) {
  Object.assign(globalThis, { recordingModules: true });
  register(import.meta.url);
}
