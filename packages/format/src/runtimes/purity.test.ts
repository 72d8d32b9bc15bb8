import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

import { parseSync } from "oxc-parser";
import { describe, expect, test } from "vitest";
import { compilePackage } from "@blob/testing";

/**
 * Entries, and what each imports apart from our own files: dependencies, and parts of `@blob/core`, of which the files are
 * looked at as well. The import map of `page.html` has these, too.
 */
const reached: Readonly<Record<string, readonly string[]>> = {
  "index.js": ["@noble/hashes/sha2.js", ...partsOfCore("abort", "bytes", "concurrency", "errors", "ranges")],
  "handler/index.js": [
    "@noble/hashes/sha2.js",
    "mrmime",
    ...partsOfCore("abort", "bytes", "concurrency", "errors", "ranges"),
  ],
};

function partsOfCore(...names: readonly string[]): readonly string[] {
  return names.map((name) => `@blob/core/${name}`);
}

/** What only Node has, or only CommonJS. */
const nodeGlobals = [
  "Buffer",
  "__dirname",
  "__filename",
  "exports",
  "global",
  "module",
  "process",
  "require",
];

const compiled = compilePackage("format");

describe.each(Object.entries(reached))("the entry %s", (entry, expected) => {
  const modules = modulesBehind(new URL(entry, compiled));

  test("reaches nothing but files of ours and small dependencies", () => {
    expect(modules.size).toBeGreaterThan(20);
    const imported = Array.from(modules.values(), ({ imports }) => imports).flat();
    const foreign = imported.filter(
      (specifier) => !specifier.startsWith("./") && !specifier.startsWith("../"),
    );
    expect(new Set(foreign)).toEqual(new Set(expected));
    expect(Array.from(modules.keys()).filter((url) => url.includes("/node/"))).toEqual([]);
  });

  test("no file behind it mentions a global of Node", () => {
    const mentions = Array.from(modules, ([url, { names }]) => ({
      file: url.split("/node_modules/").at(-1),
      names: nodeGlobals.filter((name) => names.has(name)),
    }));
    expect(mentions.filter(({ names }) => names.length > 0)).toEqual([]);
  });
});

interface CompiledModule {
  readonly imports: readonly string[];
  /** Of variables, not of properties. */
  readonly names: ReadonlySet<string>;
}

function modulesBehind(entry: URL): ReadonlyMap<string, CompiledModule> {
  const found = new Map<string, CompiledModule>();
  const waiting = [entry];
  for (let url = waiting.pop(); url !== undefined; url = waiting.pop()) {
    if (found.has(url.href)) continue;
    const parsed = parseModule(url);
    found.set(url.href, parsed);
    for (const specifier of parsed.imports) {
      if (specifier.startsWith(".")) waiting.push(new URL(specifier, url));
      if (specifier.startsWith("@blob/core/"))
        waiting.push(pathToFileURL(createRequire(url).resolve(specifier)));
    }
  }
  return found;
}

function parseModule(url: URL): CompiledModule {
  const text = readFileSync(url, "utf8");
  const { errors, module, program } = parseSync(url.pathname, text);
  expect(errors).toEqual([]);
  const exported = module.staticExports.flatMap(({ entries }) => entries);
  const imports = [
    ...module.staticImports.map(({ moduleRequest }) => moduleRequest.value),
    ...exported.flatMap(({ moduleRequest }) => moduleRequest?.value ?? []),
    // As it is written: whatever is not a plain name is not an allowed one either.
    ...module.dynamicImports.map(({ moduleRequest: { start, end } }) => text.slice(start, end).slice(1, -1)),
  ];
  const names = new Set<string>();
  collectNames(program, names);
  return { imports, names };
}

function collectNames(node: unknown, names: Set<string>): void {
  if (typeof node !== "object" || node === null) return;
  const { type, name, computed } = node as { readonly [key in "type" | "name" | "computed"]?: unknown };
  if (type === "Identifier" && typeof name === "string") names.add(name);
  for (const [key, child] of Object.entries(node)) {
    // `x.process` and `{ process: 1 }` name properties.
    if ((key === "property" || key === "key") && computed === false) continue;
    collectNames(child, names);
  }
}
