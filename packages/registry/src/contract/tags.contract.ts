import { describe, expect, test } from "vitest";
import type { TestedRegistry } from "../testing/tested-registry.js";
import { listTags, repository } from "../testing/tested-registry.js";

/** How every registry lists tags. */
export function describeTags(tested: TestedRegistry): void {
  describe("tags", () => {
    test("are listed in order", async () => {
      for (const tag of ["b", "a", "c10", "c9"]) await tested.pushArtifact("one", tag);
      expect(await listTags(tested.registry.tags(repository))).toEqual(["a", "b", "c10", "c9"]);
    });

    test("of a repository that is not there", async () => {
      await expect(listTags(tested.registry.tags("nobody/nothing"))).rejects.toMatchObject({
        code: "NotFound",
      });
    });
  });
}
