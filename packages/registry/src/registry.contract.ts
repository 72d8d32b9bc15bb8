import { describe, expect, test } from "vitest";
import { describeBlobs } from "./contract/blobs.contract.js";
import { describeCalls } from "./contract/calls.contract.js";
import { describeDeletes } from "./contract/deletes.contract.js";
import { describeManifests } from "./contract/manifests.contract.js";
import { describeReferrers } from "./contract/referrers.contract.js";
import { describeTags } from "./contract/tags.contract.js";
import { digestLike } from "./digest.js";
import { chunksOf } from "./testing/bytes.js";
import type { ContractSubject } from "./testing/tested-registry.js";
import { emptyConfig, manifestOf, mediaType, repository, testedRegistry } from "./testing/tested-registry.js";

/** What a `Registry` does that knows more than sha256. Registries over HTTP may not. */
export function testSha512Manifests(title: string, create: () => Promise<ContractSubject>): void {
  test(`${title} finds a manifest by the sha512 that it was pushed under`, async () => {
    const current = await create();
    const { registry } = current;
    try {
      await registry.pushBlob(repository, emptyConfig, () => chunksOf(emptyConfig.bytes));
      const bytes = Buffer.from(JSON.stringify(manifestOf([])));
      const digest = digestLike(`sha512:${"0".repeat(128)}`, bytes);
      const pushed = await registry.pushManifest(repository, { mediaType, bytes }, { digest });
      expect(pushed).toEqual({ mediaType, digest, size: bytes.length });
      expect((await registry.resolve(repository, digest)).digest).toBe(digest);
      expect(Buffer.compare((await registry.manifest(repository, digest)).bytes, bytes)).toBe(0);
    } finally {
      await current.close();
    }
  });
}

/** What every `Registry` does, told as one suite. */
export function describeRegistry(title: string, create: () => Promise<ContractSubject>): void {
  describe(`${title} registry`, () => {
    const tested = testedRegistry(create);
    describeBlobs(tested);
    describeManifests(tested);
    describeReferrers(tested);
    describeDeletes(tested);
    describeTags(tested);
    describeCalls(tested);
  });
}
