import { mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { createTemporaryDirectory } from "@blob/testing";
import { onTestFinished } from "vitest";
import type { LeftOut } from "../left-out.js";
import { createLayoutRegistry } from "../layout/layout-registry.js";
import type { Registry } from "../registry.js";
import type { TestBlob } from "./bytes.js";
import { blobOf, chunksOf } from "./bytes.js";

export const manifestType = "application/vnd.oci.image.manifest.v1+json";
export const indexType = "application/vnd.oci.image.index.v1+json";
export const refName = "org.opencontainers.image.ref.name";

const config = blobOf("{}");

/** A manifest with no more than it needs. */
export function manifestOf(more: object = {}): TestBlob {
  const empty = { mediaType: "application/vnd.oci.empty.v1+json", digest: config.digest, size: 2 };
  return blobOf(
    JSON.stringify({ schemaVersion: 2, mediaType: manifestType, config: empty, layers: [], ...more }),
  );
}

/** One that refers to another. */
export function referrerOf(subject: TestBlob, artifactType: string, name: string = artifactType): TestBlob {
  const { digest, size } = subject;
  return manifestOf({
    artifactType,
    annotations: { name },
    subject: { mediaType: manifestType, digest, size },
  });
}

export async function pushManifest(registry: Registry, manifest: TestBlob, tag?: string): Promise<void> {
  await registry.pushBlob("", config, () => chunksOf(config.bytes));
  await registry.pushManifest("", { mediaType: manifestType, bytes: manifest.bytes }, { tag });
}

/** A directory that is gone after the test. */
export async function scratchDirectory(): Promise<string> {
  const temporary = await createTemporaryDirectory();
  onTestFinished(() => temporary.remove());
  return temporary.path;
}

/** A layout in a directory of its own, with one manifest under `v1`, as we or others wrote it. */
export interface LayoutFixture {
  readonly directory: string;
  readonly registry: Registry;
  readonly manifest: TestBlob;
  readonly file: (name: string) => string;
  /** Writes a blob as other tools do. */
  readonly putBlob: (blob: TestBlob) => Promise<void>;
  readonly readEntries: () => Promise<unknown[]>;
  /** Replaces the list of manifests. */
  readonly writeEntries: (entries: readonly unknown[]) => Promise<void>;
}

export async function createLayoutFixture(): Promise<LayoutFixture> {
  const directory = await scratchDirectory();
  const registry = createLayoutRegistry(directory);
  const manifest = manifestOf({ annotations: { name: "the artifact" } });
  await pushManifest(registry, manifest, "v1");
  const file = (name: string): string => path.join(directory, name);
  const readIndex = async (): Promise<{ manifests: unknown[] }> =>
    JSON.parse(await readFile(file("index.json"), "utf8")) as { manifests: unknown[] };
  return {
    directory,
    registry,
    manifest,
    file,
    async putBlob({ digest, bytes }) {
      await mkdir(file("blobs/sha256"), { recursive: true });
      await writeFile(file(`blobs/sha256/${digest.slice(7)}`), bytes);
    },
    readEntries: async () => (await readIndex()).manifests,
    async writeEntries(manifests) {
      await writeFile(file("index.json"), JSON.stringify({ ...(await readIndex()), manifests }));
    },
  };
}

export async function listed<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

/** An observer that keeps what it is told. */
export function observeLeftOut(): {
  readonly leftOut: LeftOut[];
  readonly onLeftOut: (what: LeftOut) => void;
} {
  const leftOut: LeftOut[] = [];
  return { leftOut, onLeftOut: (what) => leftOut.push(what) };
}
