import { cp } from "node:fs/promises";
import path from "node:path";

/** The directory as git knows it: without what was installed or built. */
export async function copySources(from: string, to: string): Promise<void> {
  await cp(from, to, {
    recursive: true,
    filter: (name) => !["node_modules", "dist", ".turbo", "coverage"].includes(path.basename(name)),
  });
}
