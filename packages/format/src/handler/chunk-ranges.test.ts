import { describe, expect, test } from "vitest";

import type { ChunkedArchive } from "../testing/chunked-archive.js";
import { expectBytes, storedRange } from "../testing/cut-files.js";
import { contents, damagedFiles, partBytes, paths } from "../testing/damaged-files.js";
import { createArchiveHandler } from "./archive-handler.js";
import type { ArchiveHandlerOptions } from "./archive-handler.js";

function ask(
  archive: ChunkedArchive,
  path: string,
  headers: Readonly<Record<string, string>>,
  options?: ArchiveHandlerOptions,
): Promise<Response> {
  const handle = createArchiveHandler(archive.open(), options);
  return handle(new Request(`http://example.org/${path}`, { headers }));
}

describe("a range of a file in chunks, asked of a handler", () => {
  test.each(paths)("reads the chunks that it touches, whatever is wrong elsewhere: %s", async (path) => {
    const archive = await damagedFiles();
    for (const verifyParts of [false, true]) {
      const start = 10 * partBytes - 5;
      const range = `bytes=${start}-${start + 28}`;
      const response = await ask(archive, path, { range, "accept-encoding": "zstd" }, { verifyParts });
      expect(response.status).toBe(206);
      expect(response.headers.get("content-encoding")).toBeNull();
      expectBytes(new Uint8Array(await response.arrayBuffer()), contents[path].subarray(start, start + 29));
      expect(archive.reads.splice(0)).toEqual([storedRange(archive, path, 9, 10)]);
      const rest = await ask(archive, path, { range: `bytes=${7 * partBytes}-` }, { verifyParts });
      expectBytes(new Uint8Array(await rest.arrayBuffer()), contents[path].subarray(7 * partBytes));
      expect(archive.reads.splice(0)).toEqual([storedRange(archive, path, 7, 11)]);
    }
  });

  test.each(paths)(
    "of damaged content: a small one is refused, of a large one nothing wrong is sent: %s",
    async (path) => {
      const archive = await damagedFiles();
      const errors: unknown[] = [];
      const onError = (error: unknown): void => void errors.push(error);
      const small = await ask(
        archive,
        path,
        { range: `bytes=${6.5 * partBytes}-${6.5 * partBytes + 9}` },
        { onError },
      );
      expect(small.status).toBe(502);
      const large = await ask(archive, path, { range: `bytes=${partBytes}-${11 * partBytes}` }, { onError });
      expect(large.status).toBe(206);
      const given: Uint8Array[] = [];
      const reading = async (): Promise<void> => {
        for await (const piece of large.body ?? []) given.push(piece);
      };
      await expect(reading()).rejects.toMatchObject({ path });
      const bytes = Buffer.concat(given);
      expectBytes(bytes, contents[path].subarray(partBytes, partBytes + bytes.length));
      expect(bytes.length).toBeLessThanOrEqual(5 * partBytes);
      expect(errors).toEqual(
        [1, 2].map(() => expect.objectContaining({ path, message: expect.stringContaining("chunk 6") })),
      );
    },
  );

  test("follows If-Range by the tag of the whole file", async () => {
    const archive = await damagedFiles();
    const hash = Buffer.from(archive.open().entry("large.bin")?.hash ?? []).toString("hex");
    const part = await ask(archive, "large.bin", { range: "bytes=1-2", "if-range": `"${hash}"` });
    expect([part.status, part.headers.get("etag")]).toEqual([206, `"${hash}"`]);
    const whole = await ask(archive, "large.bin", { range: "bytes=1-2", "if-range": '"another"' });
    expect(whole.status).toBe(200);
    await whole.body?.cancel();
  });
});
