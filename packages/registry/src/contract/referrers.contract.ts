import { describe, expect, test } from "vitest";
import type { Descriptor } from "../descriptor.js";
import { isDigest, sha256Digest } from "../digest.js";
import type { ReferrersOptions } from "../registry.js";
import { blobOf } from "../testing/bytes.js";
import type { TestedRegistry } from "../testing/tested-registry.js";
import { emptyConfig, manifestOf, mediaType, repository } from "../testing/tested-registry.js";

/** What every registry knows of who refers to a manifest. */
export function describeReferrers(tested: TestedRegistry): void {
  describe("referrers", () => {
    const signature = "application/vnd.acme.signature";
    const sbom = "application/vnd.acme.sbom";

    async function attach(
      subject: { digest: string; bytes: Buffer },
      artifactType: string,
      name: string,
    ): Promise<Descriptor> {
      await tested.push(emptyConfig);
      const manifest = {
        ...manifestOf([]),
        artifactType,
        subject: { mediaType, digest: subject.digest, size: subject.bytes.length },
        annotations: { name },
      };
      const bytes = Buffer.from(JSON.stringify(manifest));
      const pushed = await tested.registry.pushManifest(repository, { mediaType, bytes });
      return { ...pushed, artifactType, annotations: { name } };
    }

    async function referrersOf(subject: string, types: ReferrersOptions = {}): Promise<Descriptor[]> {
      const all: Descriptor[] = [];
      if (!isDigest(subject)) throw new Error("no digest");
      for await (const one of tested.registry.referrers(repository, subject, types)) all.push(one);
      return all.toSorted((a, b) =>
        (a.annotations?.["name"] ?? "") < (b.annotations?.["name"] ?? "") ? -1 : 1,
      );
    }

    test("are found from their subject, with types and annotations, and by type", async () => {
      const subject = await tested.pushArtifact("one", "v1");
      const first = await attach(subject, signature, "first");
      const second = await attach(subject, sbom, "second");
      const third = await attach(subject, signature, "third");
      await attach(await tested.pushArtifact("two", "v2"), signature, "of another");
      expect(await referrersOf(subject.digest)).toEqual([first, second, third]);
      expect(await referrersOf(subject.digest, { artifactType: signature })).toEqual([first, third]);
      expect(await referrersOf(subject.digest, { artifactType: "application/vnd.nobody" })).toEqual([]);
      const types = { artifactType: "application/vnd.nobody", equivalentTypes: [sbom] };
      expect(await referrersOf(subject.digest, types)).toEqual([second]);
      expect(await referrersOf(subject.digest, { ...types, exhaustive: true })).toEqual([second]);
    });

    test("are none of a manifest that nobody refers to, or that is not there", async () => {
      const subject = await tested.pushArtifact("one", "v1");
      expect(await referrersOf(subject.digest)).toEqual([]);
      expect(await referrersOf(blobOf("never pushed").digest)).toEqual([]);
    });

    test("may be there before their subject", async () => {
      const bytes = Buffer.from("later");
      const subject = { digest: sha256Digest(bytes), bytes };
      const referrer = await attach(subject, signature, "early");
      expect(await referrersOf(subject.digest)).toEqual([referrer]);
    });

    test("that are attached at once are all found", async () => {
      const subject = await tested.pushArtifact("one", "v1");
      const names = ["a", "b", "c", "d", "e", "f"];
      const attached = await Promise.all(names.map((name) => attach(subject, signature, name)));
      expect(await referrersOf(subject.digest)).toEqual(attached);
    });

    test("that are attached twice are found once", async () => {
      const subject = await tested.pushArtifact("one", "v1");
      await attach(subject, signature, "same");
      expect(await referrersOf(subject.digest)).toEqual([await attach(subject, signature, "same")]);
    });

    test("are gone when they were deleted", async () => {
      const subject = await tested.pushArtifact("one", "v1");
      const kept = await attach(subject, signature, "kept");
      const { digest } = await attach(subject, signature, "unwanted");
      await tested.registry.deleteManifest(repository, digest);
      expect(await referrersOf(subject.digest)).toEqual([kept]);
    });
  });
}
