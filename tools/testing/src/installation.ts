import path from "node:path";
import process from "node:process";

/** The installation of packed packages that the tests run against, in place of the sources (`tools/packed.mjs`). */
export const installation: string | undefined = process.env["BLOB_INSTALLATION"];

/** Where a package is, with its `dist`: in the installation when there is one, else in this workspace. */
export function packageFolder(name: string): string {
  return installation === undefined
    ? path.resolve(import.meta.dirname, "../../../packages", name)
    : path.join(installation, "node_modules/@blob", name);
}
