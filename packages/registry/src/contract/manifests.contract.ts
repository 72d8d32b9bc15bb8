import { describe, expect, test } from "vitest";
import { blobOf } from "../testing/bytes.js";
import type { TestedRegistry } from "../testing/tested-registry.js";
import { emptyConfig, manifestOf, mediaType, repository } from "../testing/tested-registry.js";

/** What every registry does with manifests and their tags. */
export function describeManifests(tested: TestedRegistry): void {
  describe("manifests", () => {
    test("come back by tag and by digest", async () => {
      const { digest, bytes } = await tested.pushArtifact("one", "v1");
      for (const reference of ["v1", digest]) {
        const manifest = await tested.registry.manifest(repository, reference);
        expect(manifest.descriptor).toMatchObject({ mediaType, digest, size: bytes.length });
        expect(Buffer.compare(manifest.bytes, bytes)).toBe(0);
        expect(await tested.registry.resolve(repository, reference)).toMatchObject({ mediaType, digest });
      }
    });

    test("without a tag are found by digest", async () => {
      const { digest } = await tested.pushArtifact("one");
      expect((await tested.registry.manifest(repository, digest)).descriptor.digest).toBe(digest);
    });

    test("lose a tag to the newest, and stay", async () => {
      const first = await tested.pushArtifact("one", "latest");
      const second = await tested.pushArtifact("two", "latest");
      expect((await tested.registry.resolve(repository, "latest")).digest).toBe(second.digest);
      expect((await tested.registry.manifest(repository, first.digest)).descriptor.digest).toBe(first.digest);
    });

    test("can be tagged twice and pushed twice", async () => {
      const first = await tested.pushArtifact("one", "v1");
      await tested.pushArtifact("one", "v1");
      await tested.pushArtifact("one", "stable");
      expect((await tested.registry.resolve(repository, "stable")).digest).toBe(first.digest);
      expect((await tested.registry.resolve(repository, "v1")).digest).toBe(first.digest);
    });

    test("keep types and annotations of their own", async () => {
      await tested.push(emptyConfig);
      const bytes = Buffer.from(
        JSON.stringify({
          ...manifestOf([]),
          artifactType: "application/vnd.acme",
          annotations: { é: "ü" },
        }),
      );
      const { digest } = await tested.registry.pushManifest(repository, { mediaType, bytes });
      expect(Buffer.compare((await tested.registry.manifest(repository, digest)).bytes, bytes)).toBe(0);
    });

    test("are not stored under a digest that is not theirs", async () => {
      await tested.push(emptyConfig);
      const bytes = Buffer.from(JSON.stringify(manifestOf([])));
      const { digest } = blobOf("something else");
      const pushing = tested.registry.pushManifest(repository, { mediaType, bytes }, { digest });
      await expect(pushing).rejects.toMatchObject({ code: "DigestMismatch", digest });
    });

    test("larger than the limit are refused", async () => {
      await tested.pushArtifact("one", "v1");
      await expect(tested.registry.manifest(repository, "v1", { maxBytes: 100 })).rejects.toMatchObject({
        code: "SizeExceeded",
      });
    });

    test("that are not there are NotFound, by name", async () => {
      await tested.pushArtifact("one", "v1");
      const { digest } = blobOf("never pushed");
      for (const reference of ["nothing", digest]) {
        for (const call of ["manifest", "resolve"] as const) {
          const error: unknown = await tested.registry[call](repository, reference).catch(
            (thrown: unknown) => thrown,
          );
          expect(error).toMatchObject({ code: "NotFound" });
          expect(String(error)).toContain(reference);
        }
      }
    });

    test("of other formats are kept as they are", async () => {
      const { digest } = await tested.pushArtifact("one", "v1");
      const child = await tested.registry.resolve(repository, digest);
      const index = {
        schemaVersion: 2,
        mediaType: "application/vnd.oci.image.index.v1+json",
        manifests: [{ ...child, annotations: { a: "b" } }],
      };
      const bytes = Buffer.from(JSON.stringify(index, undefined, 3));
      await tested.registry.pushManifest(repository, { mediaType: index.mediaType, bytes }, { tag: "index" });
      const manifest = await tested.registry.manifest(repository, "index");
      expect(manifest.descriptor.mediaType).toBe(index.mediaType);
      expect(Buffer.compare(manifest.bytes, bytes)).toBe(0);
    });

    test("whose blobs are missing are refused", async () => {
      await tested.push(emptyConfig);
      const bytes = Buffer.from(JSON.stringify(manifestOf([blobOf("missing")])));
      const pushing = tested.registry.pushManifest(repository, { mediaType, bytes }, { tag: "v1" });
      await expect(pushing).rejects.toMatchObject({
        code: expect.stringMatching(/^(NotFound|Rejected)$/u) as string,
      });
      await expect(tested.registry.manifest(repository, "v1")).rejects.toMatchObject({ code: "NotFound" });
    });
  });
}
