import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { onTestFinished } from "vitest";

/** A directory for one test, removed after it. */
export async function scratchDirectory(): Promise<string> {
  const directory = await mkdtemp(path.join(tmpdir(), "blob-core-"));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  return directory;
}
