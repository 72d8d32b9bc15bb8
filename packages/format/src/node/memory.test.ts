import { execFileSync } from "node:child_process";
import { truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { compilePackage } from "@blob/testing";

import { noise } from "../testing/sample-content.js";
import { scratchDirectory, writeTree } from "../testing/scratch-directory.js";

const compiled = compilePackage("format");
const megabyte = 1024 * 1024;

/** The most memory that a process took, in MB, to archive a file of a size and to extract it again. */
async function peakMemory(fileSize: number, compression: string): Promise<number> {
  const root = await writeTree(await scratchDirectory(), {});
  writeFileSync(join(root, "file"), noise(megabyte));
  // Zeros without blocks on the disk.
  truncateSync(join(root, "file"), fileSize);
  const out = await scratchDirectory();
  const script = `
    import { createArchiveFiles, extractArchive, openLocalArchive } from ${JSON.stringify(new URL("node/index.js", compiled).href)};
    await createArchiveFiles(${JSON.stringify(root)}, ${JSON.stringify(out)}, { compression: ${JSON.stringify(compression)}, workers: 2 });
    const archive = await openLocalArchive(${JSON.stringify(out)});
    await extractArchive(archive, ${JSON.stringify(join(out, "extracted"))});
    await archive.close();
    console.log(process.resourceUsage().maxRSS);`;
  const output = execFileSync(process.execPath, ["--input-type=module", "--eval", script], {
    encoding: "utf8",
  });
  return Number(output) / 1024;
}

describe("memory", () => {
  test.each(["zstd", "none"])("does not grow with the size of a file (%s)", async (compression) => {
    const small = await peakMemory(48 * megabyte, compression);
    const large = await peakMemory(400 * megabyte, compression);
    // Eight times the size: whatever kept it would take hundreds of megabytes more.
    expect(large - small).toBeLessThan(120);
    expect(large).toBeLessThan(300);
  });
});
