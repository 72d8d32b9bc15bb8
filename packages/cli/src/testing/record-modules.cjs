// Given to `node --require`: writes the files that were loaded, one a line, to the file that MODULES_FILE names;
// after them, with `node:`, Node's own modules that were not there at the start.
"use strict";
const { writeFileSync } = require("node:fs");

const { moduleLoadList } = /** @type {NodeJS.Process & { readonly moduleLoadList: readonly string[] }} */ (
  process
);
const own = () => moduleLoadList.filter((name) => name.startsWith("NativeModule "));
const before = new Set(own());

process.on("exit", () => {
  const files = Object.keys(require.cache).filter((file) => file !== __filename);
  const builtins = own().filter((name) => !before.has(name));
  const names = builtins.map((name) => name.replace("NativeModule ", "node:"));
  writeFileSync(process.env["MODULES_FILE"] ?? "", [...files, ...names].join("\n"));
});
