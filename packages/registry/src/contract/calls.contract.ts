import { expect, test } from "vitest";
import { blobOf, chunksOf, collect, noise } from "../testing/bytes.js";
import type { TestedRegistry } from "../testing/tested-registry.js";
import { listTags, manifestOf, mediaType, repository } from "../testing/tested-registry.js";

/** What holds for every call: names, aborts, and many at once. */
export function describeCalls(tested: TestedRegistry): void {
  test("names that could lead elsewhere are refused before anything happens", async () => {
    const blob = blobOf("content");
    for (const bad of ["../etc", "a/../b", "/a", "A", "a//b", "a b", "a?b", "a%2fb", "a\n"]) {
      const error = { code: "InvalidReference" };
      await expect(tested.registry.manifest(bad, "v1")).rejects.toMatchObject(error);
      await expect(tested.registry.statBlob(bad, blob.digest)).rejects.toMatchObject(error);
      await expect(tested.push(blob, bad)).rejects.toMatchObject(error);
      await expect((async () => collect(tested.registry.readBlob(bad, blob)))()).rejects.toMatchObject(error);
      await expect((async () => listTags(tested.registry.tags(bad)))()).rejects.toMatchObject(error);
    }
    for (const bad of ["", "a/b", "..", "-a", "a b", "sha256:abc", "a:b"]) {
      await expect(tested.registry.manifest(repository, bad)).rejects.toMatchObject({
        code: "InvalidReference",
      });
      await expect(tested.registry.resolve(repository, bad)).rejects.toMatchObject({
        code: "InvalidReference",
      });
    }
  });

  test("every call that was aborted throws the reason", async () => {
    const reason = new Error("enough");
    const options = { signal: AbortSignal.abort(reason) };
    const blob = blobOf("content");
    const bytes = Buffer.from(JSON.stringify(manifestOf([])));
    await expect(tested.registry.resolve(repository, "v1", options)).rejects.toBe(reason);
    await expect(tested.registry.manifest(repository, "v1", options)).rejects.toBe(reason);
    await expect(tested.registry.statBlob(repository, blob.digest, options)).rejects.toBe(reason);
    await expect(collect(tested.registry.readBlob(repository, blob, options))).rejects.toBe(reason);
    await expect(
      tested.registry.pushBlob(repository, blob, () => chunksOf(blob.bytes), options),
    ).rejects.toBe(reason);
    await expect(tested.registry.pushManifest(repository, { mediaType, bytes }, options)).rejects.toBe(
      reason,
    );
  });

  test("an abort in the middle of a read or an upload throws the reason", async () => {
    const blob = blobOf(noise(2_000_000));
    const reason = new Error("enough");
    const uploading = new AbortController();
    const pushing = tested.registry.pushBlob(
      repository,
      blob,
      async function* () {
        yield blob.bytes.subarray(0, 1000);
        uploading.abort(reason);
        yield blob.bytes.subarray(1000);
      },
      { signal: uploading.signal },
    );
    await expect(pushing).rejects.toBe(reason);
    await tested.push(blob);
    const reading = new AbortController();
    const read = async (): Promise<void> => {
      for await (const chunk of tested.registry.readBlob(repository, blob, { signal: reading.signal })) {
        expect(chunk.length).toBeLessThan(blob.size);
        reading.abort(reason);
      }
    };
    await expect(read()).rejects.toBe(reason);
  });

  test("eight writers at once lose nothing", async () => {
    const names = Array.from({ length: 8 }, (_, at) => `v${at}`);
    const pushed = await Promise.all(names.map((tag) => tested.pushArtifact(tag, tag)));
    expect(await listTags(tested.registry.tags(repository))).toEqual(names);
    for (const [at, tag] of names.entries()) {
      expect((await tested.registry.resolve(repository, tag)).digest).toBe(pushed[at]?.digest);
    }
  });
}
