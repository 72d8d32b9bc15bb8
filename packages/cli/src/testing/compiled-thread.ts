import path from "node:path";
import { compilePackage, installation } from "@blob/testing";

/** What a thread of the command runs, compiled: of a packed command, the file that its bundle has. @param source Its path. */
export function compiledThread(source: string): URL {
  const file = source.replace(/\.ts$/u, ".js");
  const compiled = compilePackage("cli");
  if (installation === undefined) return new URL(file, compiled);
  return new URL(`../bundle/${path.posix.basename(file)}`, compiled);
}
