import path from "node:path";
import { expect, test } from "vitest";
import { cacheHome } from "./cache-home.js";
import { resolveSettings } from "./settings.js";

test.each([
  ["linux", {}, "/home/me/.cache"],
  ["darwin", {}, "/home/me/Library/Caches"],
  ["win32", { LOCALAPPDATA: "/local" }, "/local"],
  ["win32", {}, "/home/me/AppData/Local"],
  ["linux", { LOCALAPPDATA: "/local" }, "/home/me/.cache"],
  ["darwin", { XDG_CACHE_HOME: "/caches" }, "/caches"],
  ["linux", { XDG_CACHE_HOME: "" }, "/home/me/.cache"],
] as const)("on %s with %j: %s, for all that is kept", (platform, env, directory) => {
  const who = { env, homeDirectory: "/home/me" };
  expect(cacheHome(who, platform)?.directory).toBe(path.normalize(directory));
  const { cacheDirectory } = resolveSettings(
    {},
    who,
    { file: undefined, exists: false, config: {} },
    platform,
  );
  expect(cacheDirectory.value).toBe(path.join(directory, "blob"));
});

test("nobody's caches have no home", () => {
  expect(cacheHome({ env: {}, homeDirectory: undefined }, "linux")).toBeUndefined();
  expect(cacheHome({ env: {}, homeDirectory: "" }, "darwin")).toBeUndefined();
});
