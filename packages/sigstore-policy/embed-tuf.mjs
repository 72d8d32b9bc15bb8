// Writes what src/trust/tuf-js.d.ts describes: the updater of tuf-js and what it needs of @tufjs/models, in one module, and
// the root of the public Sigstore instance, as @sigstore/tuf comes with it. A part of the build. Why:
// docs/decisions/0010-what-we-write-ourselves.md.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { build } from "esbuild";

const folder = import.meta.dirname;
const require = createRequire(import.meta.url);
const publicMirror = "https://tuf-repo-cdn.sigstore.dev";

/**
 * What stands in for packages that tuf-js loads and this one has no use for: it gets a fetcher of ours, so that the HTTP
 * client of its own one, with a cache, proxies and 30 packages, never runs.
 *
 * @type {Readonly<Record<string, string>>}
 */
const replaced = {
  "make-fetch-happen": 'module.exports = () => { throw new Error("tuf-js is given a fetcher"); };',
  debug: 'module.exports = require("node:util").debuglog;',
};

const { outputFiles, metafile } = await build({
  stdin: {
    contents: `
      export { BaseFetcher, Updater } from "tuf-js";
      export { DownloadHTTPError } from "tuf-js/dist/error.js";`,
    resolveDir: folder,
  },
  bundle: true,
  write: false,
  metafile: true,
  absWorkingDir: folder,
  platform: "node",
  format: "esm",
  target: "node20.19",
  banner: {
    js: [
      "// @ts-nocheck: written by embed-tuf.mjs. Licences: dist/THIRD-PARTY-LICENSES.txt.",
      'import { createRequire } from "node:module";',
      "const require = createRequire(import.meta.url);",
    ].join("\n"),
  },
  plugins: [
    {
      name: "replaced",
      setup(bundler) {
        const filter = new RegExp(`^(?:${Object.keys(replaced).join("|")})$`);
        bundler.onResolve({ filter }, ({ path: name }) => ({ path: name, namespace: "replaced" }));
        bundler.onLoad({ filter: /.*/, namespace: "replaced" }, ({ path: name }) => ({
          contents: replaced[name],
        }));
      },
    },
  ],
});

/** @type {Readonly<Record<string, Readonly<Record<string, string>>>>} */
const seeds = require("@sigstore/tuf/seeds.json");
const root = seeds[publicMirror]?.["root.json"];
if (root === undefined) throw new Error(`@sigstore/tuf has no root.json of ${publicMirror}`);
const code = `${outputFiles[0]?.text}
export const publicRoot = "${root}";
`;

mkdirSync(path.join(folder, "dist/trust"), { recursive: true });
for (const home of ["src", "dist"]) writeFileSync(path.join(folder, home, "trust/tuf-js.js"), code);
writeFileSync(path.join(folder, "dist/THIRD-PARTY-LICENSES.txt"), licences());

function licences() {
  const folders = new Set(
    Object.keys(metafile.inputs).flatMap(
      (file) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file)?.[0] ?? [],
    ),
  );
  folders.add(path.relative(folder, path.dirname(require.resolve("@sigstore/tuf/package.json"))));
  const texts = Array.from(folders, (relative) => {
    const home = path.join(folder, relative);
    /** @type {{ name: string, version: string, license: string }} */
    const { name, version, license } = JSON.parse(readFileSync(path.join(home, "package.json"), "utf8"));
    return `## ${name} ${version} (${license})\n\n${licenceText(home)}`;
  });
  return `dist/trust/tuf-js.js contains parts of these packages.\n\n${texts.toSorted().join("\n")}`;
}

/** @param {string} home */
function licenceText(home) {
  for (const name of ["LICENSE", "LICENSE.md", "LICENCE"]) {
    try {
      return readFileSync(path.join(home, name), "utf8");
    } catch {
      // It has another name.
    }
  }
  throw new Error(`${home} says nothing about its licence`);
}
