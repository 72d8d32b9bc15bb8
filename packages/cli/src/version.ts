import { readFileSync } from "node:fs";

/** The version of this package. */
export function version(): string {
  const found = ownManifest()["version"];
  if (typeof found === "string") return found;
  throw new Error("package.json of the command has no version");
}

/** Where people read about the command: its home page, else where it is published. */
export function documentationAddress(): string {
  const { name, homepage } = ownManifest();
  return typeof homepage === "string" ? homepage : `https://www.npmjs.com/package/${String(name)}`;
}

function ownManifest(): Readonly<Record<string, unknown>> {
  const manifest: unknown = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));
  if (typeof manifest !== "object" || manifest === null)
    throw new Error("package.json of the command is none");
  return manifest as Readonly<Record<string, unknown>>;
}
