import path from "node:path";
import { defineConfig } from "vitest/config";
import { projectSettings, runSettings } from "../test-settings.mjs";
import { installedPackages } from "./installed-packages.mjs";

// Run by `tools/packed.mjs`: test files that touch codecs, workers, files and the command, against packed packages.
const root = path.resolve(import.meta.dirname, "../..");
const installation = process.env["BLOB_INSTALLATION"];
if (installation === undefined) throw new Error("BLOB_INSTALLATION is not set: run `pnpm packed`");

const included = {
  format: ["reading/archive-reader", "golden-archives", "node/**/*", "zstd/**/*"],
  client: ["**/*"],
  cli: ["**/*"],
};

/** What an installation has no part in. */
const excluded = {
  "it makes and tests an installation of its own": ["cli/src/installed"],
  "zstd-napi makes its frames": ["format/src/zstd/portable"],
  "what Chromium shows does not depend on codecs, files or Node": ["cli/src/serve/browser"],
  "shells run the same scripts, and `blob complete` is tested without them": ["cli/src/completion/shells"],
  "how many entries there are is nothing that an installation changes": ["cli/src/commands/large-archives"],
  "messages are the same, and certificates and keys are those of sources": ["cli/src/messages"],
  "pure functions over text, keys and states": [
    "cli/src/completion/bash-line",
    "cli/src/config/{config,unmatchable}",
    "cli/src/doctor/proxy",
    "cli/src/open/{keys,line,path-search,printable-cells,preview,tree,update}",
    "cli/src/command-line/boolean-flags",
    "cli/src/output/{entry-text,sizes,terminal-text}",
    "cli/src/serve/markdown-link",
    "client/src/location",
    "format/src/node/files/portable-path",
  ],
};

/** Of tests that are included: what holds for sources alone. */
const leftOut = "sources that were not compiled";
console.info(`Left out here, for installed packages are compiled: tests of "${leftOut}"`);

const exclude = Object.values(excluded)
  .flat()
  .map((file) => `packages/${file}.test.ts`);

const projects = Object.entries(included).map(([name, files]) => ({
  root,
  plugins: [installedPackages(root, installation)],
  test: {
    ...projectSettings,
    name: `packed @blob/${name}`,
    include: files.map((file) => `packages/${name}/src/${file}.test.ts`),
    exclude,
  },
}));

const ofInstallation = {
  root,
  plugins: [installedPackages(root, installation)],
  test: { ...projectSettings, name: "installation", include: ["tools/packed/*.test.ts"] },
};

export default defineConfig({
  test: {
    ...runSettings,
    testNamePattern: new RegExp(`^(?!.*${leftOut})`, "u"),
    projects: [ofInstallation, ...projects],
  },
});
