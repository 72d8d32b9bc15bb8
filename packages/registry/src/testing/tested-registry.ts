import { afterEach, beforeEach, expect } from "vitest";
import { sha256Digest } from "../digest.js";
import type { Registry } from "../registry.js";
import type { TestBlob } from "./bytes.js";
import { blobOf, chunksOf } from "./bytes.js";

/** A registry to test, empty, with what has to be closed after it. */
export interface ContractSubject {
  readonly registry: Registry;
  close(): Promise<void>;
}

/** An artifact that was pushed. */
export interface PushedArtifact {
  readonly digest: string;
  readonly bytes: Buffer;
}

/** A new registry for each test of a suite, and what tests push. */
export interface TestedRegistry {
  /** Of the test that runs. */
  readonly registry: Registry;
  /** Pushes a blob, in pieces of `length` bytes. */
  push(blob: TestBlob, into?: string, length?: number): ReturnType<Registry["pushBlob"]>;
  /** Pushes a manifest with one layer of this content. */
  pushArtifact(content: string, tag?: string): Promise<PushedArtifact>;
}

export const repository = "acme/site";
export const mediaType = "application/vnd.oci.image.manifest.v1+json";
export const emptyConfig: TestBlob = blobOf("{}");

/** To be called in a `describe`: makes a registry before each of its tests, and closes it after. */
export function testedRegistry(create: () => Promise<ContractSubject>): TestedRegistry {
  let current: ContractSubject;
  beforeEach(async () => {
    current = await create();
  });
  afterEach(() => current.close());
  const tested: TestedRegistry = {
    get registry() {
      return current.registry;
    },
    push: (blob, into = repository, length?) =>
      current.registry.pushBlob(into, blob, () => chunksOf(blob.bytes, length)),
    async pushArtifact(content, tag) {
      const layer = blobOf(content);
      await tested.push(emptyConfig);
      await tested.push(layer);
      const bytes = Buffer.from(JSON.stringify(manifestOf([layer])));
      const descriptor = await current.registry.pushManifest(repository, { mediaType, bytes }, { tag });
      expect(descriptor).toEqual({ mediaType, digest: sha256Digest(bytes), size: bytes.length });
      return { digest: descriptor.digest, bytes };
    },
  };
  return tested;
}

/** All tags that a registry lists. */
export async function listTags(tags: AsyncIterable<string>): Promise<string[]> {
  const all: string[] = [];
  for await (const tag of tags) all.push(tag);
  return all;
}

/** A manifest with an empty configuration and these layers. */
export function manifestOf(layers: readonly TestBlob[]): object {
  const descriptor = (type: string, { digest, size }: TestBlob): object => ({
    mediaType: type,
    digest,
    size,
  });
  return {
    schemaVersion: 2,
    mediaType,
    config: descriptor("application/vnd.oci.empty.v1+json", emptyConfig),
    layers: layers.map((layer) => descriptor("application/octet-stream", layer)),
  };
}
