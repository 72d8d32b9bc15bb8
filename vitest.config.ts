import { defineConfig } from "vitest/config";
import { projectSettings, runSettings } from "./tools/test-settings.mjs";

// Packages are resolved to their sources: tests need no build.
const alias = [
  { find: "@blob/testing", replacement: new URL("./tools/testing/src/index.ts", import.meta.url).pathname },
  {
    find: /^@blob\/(client|core|format|registry)\/([a-z/-]+)$/,
    replacement: new URL("./packages", import.meta.url).pathname + "/$1/src/$2/index.ts",
  },
  {
    find: "@blob/sigstore-policy/testing",
    replacement: new URL("./packages/sigstore-policy/src/sigstore-server/index.ts", import.meta.url).pathname,
  },
  {
    find: /^@blob\/([a-z-]+)$/,
    replacement: new URL("./packages", import.meta.url).pathname + "/$1/src/index.ts",
  },
];

const packages = ["core", "format", "auth", "cache", "registry", "sigstore-policy", "client", "cli"];
const examples = ["serve-in-app", "unstorage"];

export default defineConfig({
  test: {
    ...runSettings,
    coverage: { include: ["packages/*/src/**/*.ts"] },
    projects: [
      ...packages.map((name) => ({ name: `@blob/${name}`, folder: `packages/${name}` })),
      { name: "@blob/bench", folder: "bench" },
      ...examples.map((name) => ({ name: `@blob/example-${name}`, folder: `examples/${name}` })),
    ].map(({ name, folder }) => ({
      resolve: { alias },
      test: { ...projectSettings, name, include: [`${folder}/src/**/*.test.ts`] },
    })),
  },
});
