// Given to `node --require`: writes the files that were loaded, one a line, to the file that MODULES_FILE names.
"use strict";
const { writeFileSync } = require("node:fs");

process.on("exit", () => {
  const files = Object.keys(require.cache).filter((file) => file !== __filename);
  writeFileSync(process.env["MODULES_FILE"] ?? "", files.join("\n"));
});
