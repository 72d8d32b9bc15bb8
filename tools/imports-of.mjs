import { readFileSync } from "node:fs";
import { parseSync } from "oxc-parser";

/** @typedef {{ from: string, typesOnly: boolean }} Import */

/** What a module imports, and hands on from others: types, too, and what it loads later. @returns {Import[]} @param {string} file */
export function importsOf(file) {
  const text = readFileSync(file, "utf8");
  const { module, errors } = parseSync(file, text);
  if (errors.length > 0) throw new Error(`${file}: ${errors[0]?.message}`);
  const entries = [
    ...module.staticImports.map((one) => ({
      from: one.moduleRequest.value,
      typesOnly: one.entries.length > 0 && one.entries.every((entry) => entry.isType),
    })),
    ...module.staticExports.flatMap(({ entries: exported }) =>
      exported.flatMap((entry) =>
        entry.moduleRequest === null ? [] : [{ from: entry.moduleRequest.value, typesOnly: entry.isType }],
      ),
    ),
    ...module.dynamicImports.map(({ moduleRequest: { start, end } }) => ({
      from: text.slice(start, end).replace(/^["'`]|["'`]$/g, ""),
      typesOnly: false,
    })),
  ];
  return entries;
}
