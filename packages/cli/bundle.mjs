// Makes what is published of this package from what tsc has compiled: our code and that of its dependencies in a few files,
// of which a command loads those that it needs. Why: docs/decisions/0016-the-command-is-a-bundle.md.
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { rolldown } from "rolldown";
import { builtinsOnDemand } from "./bundling/builtins-on-demand.mjs";
import { chunksOf } from "./bundling/chunks.mjs";
import { narrowUndici } from "./bundling/narrow-undici.mjs";
import { notices } from "./bundling/notices.mjs";
import { ownFiles } from "./bundling/own-files.mjs";
import { packageOf } from "./bundling/packages.mjs";
import { plainText } from "./bundling/plain-text.mjs";

const folder = import.meta.dirname;
const target = path.join(folder, "bundle");
const require = createRequire(import.meta.url);
const compiled = (/** @type {string} */ file) => path.join(folder, "dist", file);
const ofPackage = (/** @type {string} */ name, /** @type {string} */ file) =>
  path.join(path.dirname(require.resolve(`${name}/package.json`)), file);

/** What the bundler remarks on, and is meant. */
const expected = new Set([
  // Where it loads early what is imported late elsewhere: the first of both decides.
  "INEFFECTIVE_DYNAMIC_IMPORT",
  // `moduleLocation` of @blob/format knows another way to its place.
  "EMPTY_IMPORT_META",
]);

/** A dependency of a package of ours. @param {string} name @param {string} dependency */
const dependencyOf = (name, dependency) => createRequire(ofPackage(name, "package.json")).resolve(dependency);

const undici = narrowUndici(path.dirname(dependencyOf("@blob/registry", "undici/package.json")));

rmSync(target, { recursive: true, force: true });
const command = await bundled({
  format: "cjs",
  input: {
    "command-line": compiled("command-line.js"),
    "compile-cache": compiled("compile-cache.js"),
    main: compiled("index.js"),
    ...undici.entries,
  },
  plugins: [undici.plugin, builtinsOnDemand(), plainText()],
  codeSplitting: inChunks([
    // Loaded before code is kept between runs: nothing else may be in it.
    ["compile-cache", [compiled("compile-cache.js")]],
    [
      "command-line",
      [
        "command-line.js",
        "errors/path-hint.js",
        "signing/policies.js",
        "archive-path.js",
        "cp-source.js",
      ].map(compiled),
    ],
    ["errors", [compiled("errors/error-report.js")]],
    [
      "archives",
      [
        ...groundFloor(),
        ...["index", "node/read/index"].map((name) => ofPackage("@blob/format", `dist/${name}.js`)),
        ...["output/entry-text.js", "output/sizes.js", "walk-entries.js"].map(compiled),
      ],
    ],
    ["client", ["session/compose-client.js", "session/proxies.js", "hosts/host-settings.js"].map(compiled)],
    ["http", [undici.module]],
    [
      "more-of-client",
      [
        ...["client", "registry", "cache", "auth"].map((name) => ofPackage(`@blob/${name}`, "dist/index.js")),
        ...verbs(),
      ],
    ],
    ["local-archives", [ofPackage("@blob/format", "dist/node/index.js")]],
    ["signatures", [ofPackage("@blob/sigstore-policy", "dist/index.js")]],
    ["sigstore-core", [dependencyOf("@blob/sigstore-policy", "@sigstore/core")]],
    ["sigstore-verify", [dependencyOf("@blob/sigstore-policy", "@sigstore/verify")]],
    ["yaml", [require.resolve("yaml")]],
  ]),
});
// Some wait for what they load before anything else, which only ES modules can.
const codecs = await bundled({
  format: "es",
  input: threadsOf(ofPackage("@blob/format", "dist/node")),
});
// With all languages: a preview needs several.
const previews = [];
for (const [name, file] of [
  ["highlight-worker", "open/highlight-worker.js"],
  ["preview-worker", "serve/preview-worker.js"],
]) {
  previews.push(
    ...(await bundled({ format: "es", input: { [name]: compiled(file) }, codeSplitting: false })),
  );
}
const ofOurs = [
  ofPackage("@blob/format", "THIRD-PARTY-LICENSES.txt"),
  ofPackage("@blob/sigstore-policy", "dist/THIRD-PARTY-LICENSES.txt"),
];
writeFileSync(
  path.join(target, "THIRD-PARTY-LICENSES.txt"),
  notices(
    [...command, ...codecs, ...previews],
    ofOurs.map((file) => readFileSync(file, "utf8")),
  ),
);
// What applications import: ES modules with the names that the types promise.
writeFileSync(
  path.join(target, "index.js"),
  `import bundled from "./main.cjs";
export const { exitCodes, Interruption, main } = bundled;
`,
);

/** The files that threads run, by their names: whatever is below a folder. @param {string} place */
function threadsOf(place) {
  const files = readdirSync(place, { recursive: true, encoding: "utf8" });
  return Object.fromEntries(
    files
      .filter((file) => file.endsWith("-worker.js"))
      .map((file) => [path.basename(file, ".js"), path.join(place, file)]),
  );
}

/** All of @blob/core: what is for archives and for registries needs most of it. */
function groundFloor() {
  const { exports } = JSON.parse(readFileSync(ofPackage("@blob/core", "package.json"), "utf8"));
  return Object.values(exports).flatMap((one) =>
    typeof one === "string" ? [] : [ofPackage("@blob/core", one.default)],
  );
}

/** What the client loads when it is asked for it. */
function verbs() {
  const client = ofPackage("@blob/client", "dist/create-client.js");
  const loaded = readFileSync(client, "utf8").matchAll(/import\("(\.\/verbs\/[a-z-]+\.js)"\)/gu);
  return [...new Set(Array.from(loaded, ([, file = ""]) => path.join(path.dirname(client), file)))];
}

/** @param {Parameters<typeof chunksOf>[0]} files */
function inChunks(files) {
  return {
    groups: [{ name: chunksOf(files), debugName: "files" }],
    includeDependenciesRecursively: false,
  };
}

/**
 * An entry that is CommonJS itself has only its own exports: whatever another file wanted of its file would not be there.
 *
 * @param {import("rolldown").RolldownOutput["output"]} output
 */
function checkExports(output) {
  const chunks = output.flatMap((one) => (one.type === "chunk" ? [one] : []));
  const imported = new Set(chunks.flatMap(({ imports }) => imports));
  for (const { fileName, code } of chunks) {
    if (imported.has(fileName) && /^module\.exports = /mu.test(code)) {
      throw new Error(
        `Other files need parts of ${fileName}, which exports one thing: give them a file of their own`,
      );
    }
  }
}

/**
 * @param {object} bundle
 * @param {"cjs" | "es"} bundle.format CommonJS loads faster.
 * @param {Readonly<Record<string, string>>} bundle.input
 * @param {readonly import("rolldown").Plugin[]} [bundle.plugins]
 * @param {import("rolldown").OutputOptions["codeSplitting"]} [bundle.codeSplitting]
 * @returns {Promise<readonly string[]>} The modules that are in it.
 */
async function bundled({ format, input, plugins = [], codeSplitting }) {
  const build = await rolldown({
    cwd: folder,
    input,
    platform: "node",
    preserveEntrySignatures: format === "cjs" ? "allow-extension" : undefined,
    // Native code: whoever has it installed has its own files.
    external: ["zstd-napi"],
    plugins: [ownFiles(), ...plugins],
    onLog(level, log, handle) {
      if (expected.has(log.code ?? "")) return;
      handle(level === "warn" ? "error" : level, log);
    },
  });
  const ending = format === "cjs" ? "cjs" : "js";
  const { output } = await build.write({
    dir: target,
    format,
    entryFileNames: `[name].${ending}`,
    // Those of packages are mostly called "index", or "dist".
    chunkFileNames: ({ name, facadeModuleId }) => {
      const from = facadeModuleId === null ? undefined : packageOf(facadeModuleId)?.name;
      return `${from?.replace(/^@/u, "").replace("/", "-") ?? name}.${ending}`;
    },
    // Names and lines stay: a stack trace says where something happened.
    minify: false,
    comments: false,
    codeSplitting,
  });
  await build.close();
  checkExports(output);
  return output.flatMap((one) => (one.type === "chunk" ? Object.keys(one.modules) : []));
}
