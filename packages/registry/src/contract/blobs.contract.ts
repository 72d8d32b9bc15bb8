import { describe, expect, test } from "vitest";
import { blobOf, chunksOf, collect, noise } from "../testing/bytes.js";
import type { TestedRegistry } from "../testing/tested-registry.js";
import { repository } from "../testing/tested-registry.js";

/** What every registry does with blobs. */
export function describeBlobs(tested: TestedRegistry): void {
  describe("blobs", () => {
    test("come back as they went in, whole and in ranges", async () => {
      const blob = blobOf(noise(300_000));
      expect(await tested.push(blob)).toBe("uploaded");
      expect(Buffer.compare(await collect(tested.registry.readBlob(repository, blob)), blob.bytes)).toBe(0);
      for (const [offset, length] of [
        [0, 1],
        [299_999, 1],
        [100, 200_000],
        [0, 300_000],
        [5, 0],
      ] as const) {
        const part = await collect(tested.registry.readBlob(repository, blob, { range: { offset, length } }));
        expect(Buffer.compare(part, blob.bytes.subarray(offset, offset + length))).toBe(0);
      }
    });

    test("can be sent one byte at a time", async () => {
      const blob = blobOf(noise(300));
      expect(await tested.push(blob, repository, 1)).toBe("uploaded");
      expect(Buffer.compare(await collect(tested.registry.readBlob(repository, blob)), blob.bytes)).toBe(0);
    });

    test("can be empty", async () => {
      const blob = blobOf("");
      await tested.push(blob);
      expect(await collect(tested.registry.readBlob(repository, blob))).toHaveLength(0);
      expect(await tested.registry.statBlob(repository, blob.digest)).toBe(0);
    });

    test("are not sent again", async () => {
      const blob = blobOf("content");
      await tested.push(blob);
      const open = (): never => {
        throw new Error("opened");
      };
      expect(await tested.registry.pushBlob(repository, blob, open)).toBe("exists");
      expect(await tested.registry.statBlob(repository, blob.digest)).toBe(7);
    });

    test("belong to their repository", async () => {
      const blob = blobOf("content");
      await tested.push(blob);
      expect(await tested.registry.statBlob("acme/other", blob.digest)).toBeUndefined();
      await expect(collect(tested.registry.readBlob("acme/other", blob))).rejects.toMatchObject({
        code: "NotFound",
      });
    });

    test("are mounted from another repository", async () => {
      const blob = blobOf("content");
      await tested.push(blob, "acme/source");
      const pushed = await tested.registry.pushBlob(repository, blob, () => chunksOf(blob.bytes), {
        mountFrom: "acme/source",
      });
      expect(pushed).toBe("mounted");
      expect((await collect(tested.registry.readBlob(repository, blob))).toString()).toBe("content");
    });

    test("are uploaded when there is nothing to mount", async () => {
      const blob = blobOf("content");
      const pushed = await tested.registry.pushBlob(repository, blob, () => chunksOf(blob.bytes), {
        mountFrom: "acme/source",
      });
      expect(pushed).toBe("uploaded");
    });

    test.each([
      ["other bytes", "CONTENT"],
      ["too few bytes", "conten"],
      ["too many bytes", "content!"],
    ])("with %s are refused and leave nothing", async (_what, wrong) => {
      const blob = blobOf("content");
      const pushing = tested.registry.pushBlob(repository, blob, () => chunksOf(Buffer.from(wrong)));
      await expect(pushing).rejects.toMatchObject({
        code: expect.stringMatching(/^(DigestMismatch|InvalidArgument)$/u) as string,
      });
      expect(await tested.registry.statBlob(repository, blob.digest)).toBeUndefined();
    });

    test("report progress up to their size", async () => {
      const blob = blobOf(noise(200_000));
      const seen: number[] = [];
      await tested.registry.pushBlob(repository, blob, () => chunksOf(blob.bytes, 50_000), {
        onProgress: (sent) => seen.push(sent),
      });
      expect(seen.at(-1)).toBe(200_000);
      expect(seen).toEqual(expect.arrayContaining([50_000, 100_000, 150_000]));
    });

    test("whose source fails give that error, not another", async () => {
      const blob = blobOf("content");
      const failure = new Error("disk on fire");
      const pushing = tested.registry.pushBlob(repository, blob, async function* () {
        yield blob.bytes.subarray(0, 3);
        throw failure;
      });
      await expect(pushing).rejects.toBe(failure);
      expect(await tested.registry.statBlob(repository, blob.digest)).toBeUndefined();
    });

    test("that are not there", async () => {
      const blob = blobOf("never pushed");
      expect(await tested.registry.statBlob(repository, blob.digest)).toBeUndefined();
      await expect(collect(tested.registry.readBlob(repository, blob))).rejects.toMatchObject({
        code: "NotFound",
      });
    });

    test("reject ranges outside of them", async () => {
      const blob = blobOf("content");
      await tested.push(blob);
      for (const range of [
        { offset: 7, length: 1 },
        { offset: -1, length: 2 },
        { offset: 0, length: Number.NaN },
        { offset: 0.5, length: 1 },
      ]) {
        const reading = async (): Promise<Buffer> =>
          collect(tested.registry.readBlob(repository, blob, { range }));
        await expect(reading()).rejects.toMatchObject({ code: "InvalidArgument" });
      }
    });

    test("of which the reader wants no more", async () => {
      const blob = blobOf(noise(1_000_000));
      await tested.push(blob);
      for (let times = 0; times < 20; times += 1) {
        for await (const chunk of tested.registry.readBlob(repository, blob)) {
          expect(Buffer.compare(chunk, blob.bytes.subarray(0, chunk.length))).toBe(0);
          break;
        }
      }
      expect(await tested.registry.statBlob(repository, blob.digest)).toBe(1_000_000);
    });
  });
}
