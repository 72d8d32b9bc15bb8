import { describe, expect, test } from "vitest";
import { blobOf } from "../testing/bytes.js";
import type { TestedRegistry } from "../testing/tested-registry.js";
import { mediaType, repository } from "../testing/tested-registry.js";

/** What every registry does when something is deleted, where it can be. */
export function describeDeletes(tested: TestedRegistry): void {
  describe("deletes", () => {
    test("of a manifest take its tags along", async () => {
      const { digest } = await tested.pushArtifact("one", "v1");
      await tested.pushArtifact("two", "v2");
      await tested.registry.deleteManifest(repository, digest);
      for (const reference of ["v1", digest]) {
        await expect(tested.registry.manifest(repository, reference)).rejects.toMatchObject({
          code: "NotFound",
        });
      }
      expect(await tested.registry.resolve(repository, "v2")).toMatchObject({ mediaType });
      await expect(tested.registry.deleteManifest(repository, digest)).rejects.toMatchObject({
        code: "NotFound",
      });
    });

    test("of a tag leave the manifest, where tags can be deleted", async () => {
      const { digest } = await tested.pushArtifact("one", "v1");
      try {
        await tested.registry.deleteManifest(repository, "v1");
      } catch (error) {
        expect(error).toMatchObject({ code: "Unsupported" });
        return;
      }
      await expect(tested.registry.resolve(repository, "v1")).rejects.toMatchObject({ code: "NotFound" });
      expect((await tested.registry.manifest(repository, digest)).descriptor.digest).toBe(digest);
    });

    test("of a blob", async () => {
      const blob = blobOf("content");
      await tested.push(blob);
      await tested.registry.deleteBlob(repository, blob.digest);
      expect(await tested.registry.statBlob(repository, blob.digest)).toBeUndefined();
      await expect(tested.registry.deleteBlob(repository, blob.digest)).rejects.toMatchObject({
        code: "NotFound",
      });
      expect(await tested.push(blob)).toBe("uploaded");
    });
  });
}
