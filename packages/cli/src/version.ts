import { readFileSync } from "node:fs";

/** The version of this package. */
export function version(): string {
  const found = inManifest("version");
  if (found !== undefined) return found;
  throw new Error("package.json of the command has no version");
}

/** Where people read about the command: its home page, else where it is published. */
export function documentationAddress(): string {
  return inManifest("homepage") ?? `https://www.npmjs.com/package/${inManifest("name") ?? ""}`;
}

function inManifest(key: string): string | undefined {
  const manifest: unknown = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));
  if (typeof manifest !== "object" || manifest === null) return undefined;
  const value: unknown = Reflect.get(manifest, key);
  return typeof value === "string" ? value : undefined;
}
