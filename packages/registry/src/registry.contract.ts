import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { ReferrersOptions, Registry } from "./registry.js";
import type { Descriptor } from "./descriptor.js";
import { digestLike, isDigest, sha256Digest } from "./digest.js";
import type { TestBlob } from "./testing/bytes.js";
import { blobOf, chunksOf, collect, noise } from "./testing/bytes.js";

/** A registry to test, empty, with what has to be closed after it. */
export interface ContractSubject {
  readonly registry: Registry;
  close(): Promise<void>;
}

const repository = "acme/site";
const mediaType = "application/vnd.oci.image.manifest.v1+json";
const emptyConfig = blobOf("{}");

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
    let current: ContractSubject;
    let registry: Registry;
    beforeEach(async () => {
      current = await create();
      registry = current.registry;
    });
    afterEach(() => current.close());

    const push = (blob: TestBlob, into = repository, length?: number): ReturnType<Registry["pushBlob"]> =>
      registry.pushBlob(into, blob, () => chunksOf(blob.bytes, length));

    async function pushArtifact(content: string, tag?: string): Promise<{ digest: string; bytes: Buffer }> {
      const layer = blobOf(content);
      await push(emptyConfig);
      await push(layer);
      const bytes = Buffer.from(JSON.stringify(manifestOf([layer])));
      const descriptor = await registry.pushManifest(repository, { mediaType, bytes }, { tag });
      expect(descriptor).toEqual({ mediaType, digest: sha256Digest(bytes), size: bytes.length });
      return { digest: descriptor.digest, bytes };
    }

    describe("blobs", () => {
      test("come back as they went in, whole and in ranges", async () => {
        const blob = blobOf(noise(300_000));
        expect(await push(blob)).toBe("uploaded");
        expect(Buffer.compare(await collect(registry.readBlob(repository, blob)), blob.bytes)).toBe(0);
        for (const [offset, length] of [
          [0, 1],
          [299_999, 1],
          [100, 200_000],
          [0, 300_000],
          [5, 0],
        ] as const) {
          const part = await collect(registry.readBlob(repository, blob, { range: { offset, length } }));
          expect(Buffer.compare(part, blob.bytes.subarray(offset, offset + length))).toBe(0);
        }
      });

      test("can be sent one byte at a time", async () => {
        const blob = blobOf(noise(300));
        expect(await push(blob, repository, 1)).toBe("uploaded");
        expect(Buffer.compare(await collect(registry.readBlob(repository, blob)), blob.bytes)).toBe(0);
      });

      test("can be empty", async () => {
        const blob = blobOf("");
        await push(blob);
        expect(await collect(registry.readBlob(repository, blob))).toHaveLength(0);
        expect(await registry.statBlob(repository, blob.digest)).toBe(0);
      });

      test("are not sent again", async () => {
        const blob = blobOf("content");
        await push(blob);
        const open = (): never => {
          throw new Error("opened");
        };
        expect(await registry.pushBlob(repository, blob, open)).toBe("exists");
        expect(await registry.statBlob(repository, blob.digest)).toBe(7);
      });

      test("belong to their repository", async () => {
        const blob = blobOf("content");
        await push(blob);
        expect(await registry.statBlob("acme/other", blob.digest)).toBeUndefined();
        await expect(collect(registry.readBlob("acme/other", blob))).rejects.toMatchObject({
          code: "NotFound",
        });
      });

      test("are mounted from another repository", async () => {
        const blob = blobOf("content");
        await push(blob, "acme/source");
        const pushed = await registry.pushBlob(repository, blob, () => chunksOf(blob.bytes), {
          mountFrom: "acme/source",
        });
        expect(pushed).toBe("mounted");
        expect((await collect(registry.readBlob(repository, blob))).toString()).toBe("content");
      });

      test("are uploaded when there is nothing to mount", async () => {
        const blob = blobOf("content");
        const pushed = await registry.pushBlob(repository, blob, () => chunksOf(blob.bytes), {
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
        const pushing = registry.pushBlob(repository, blob, () => chunksOf(Buffer.from(wrong)));
        await expect(pushing).rejects.toMatchObject({
          code: expect.stringMatching(/^(DigestMismatch|InvalidArgument)$/u) as string,
        });
        expect(await registry.statBlob(repository, blob.digest)).toBeUndefined();
      });

      test("report progress up to their size", async () => {
        const blob = blobOf(noise(200_000));
        const seen: number[] = [];
        await registry.pushBlob(repository, blob, () => chunksOf(blob.bytes, 50_000), {
          onProgress: (sent) => seen.push(sent),
        });
        expect(seen.at(-1)).toBe(200_000);
        expect(seen).toEqual(expect.arrayContaining([50_000, 100_000, 150_000]));
      });

      test("whose source fails give that error, not another", async () => {
        const blob = blobOf("content");
        const failure = new Error("disk on fire");
        const pushing = registry.pushBlob(repository, blob, async function* () {
          yield blob.bytes.subarray(0, 3);
          throw failure;
        });
        await expect(pushing).rejects.toBe(failure);
        expect(await registry.statBlob(repository, blob.digest)).toBeUndefined();
      });

      test("that are not there", async () => {
        const blob = blobOf("never pushed");
        expect(await registry.statBlob(repository, blob.digest)).toBeUndefined();
        await expect(collect(registry.readBlob(repository, blob))).rejects.toMatchObject({
          code: "NotFound",
        });
      });

      test("reject ranges outside of them", async () => {
        const blob = blobOf("content");
        await push(blob);
        for (const range of [
          { offset: 7, length: 1 },
          { offset: -1, length: 2 },
          { offset: 0, length: Number.NaN },
          { offset: 0.5, length: 1 },
        ]) {
          const reading = async (): Promise<Buffer> =>
            collect(registry.readBlob(repository, blob, { range }));
          await expect(reading()).rejects.toMatchObject({ code: "InvalidArgument" });
        }
      });

      test("of which the reader wants no more", async () => {
        const blob = blobOf(noise(1_000_000));
        await push(blob);
        for (let times = 0; times < 20; times += 1) {
          for await (const chunk of registry.readBlob(repository, blob)) {
            expect(Buffer.compare(chunk, blob.bytes.subarray(0, chunk.length))).toBe(0);
            break;
          }
        }
        expect(await registry.statBlob(repository, blob.digest)).toBe(1_000_000);
      });
    });

    describe("manifests", () => {
      test("come back by tag and by digest", async () => {
        const { digest, bytes } = await pushArtifact("one", "v1");
        for (const reference of ["v1", digest]) {
          const manifest = await registry.manifest(repository, reference);
          expect(manifest.descriptor).toMatchObject({ mediaType, digest, size: bytes.length });
          expect(Buffer.compare(manifest.bytes, bytes)).toBe(0);
          expect(await registry.resolve(repository, reference)).toMatchObject({ mediaType, digest });
        }
      });

      test("without a tag are found by digest", async () => {
        const { digest } = await pushArtifact("one");
        expect((await registry.manifest(repository, digest)).descriptor.digest).toBe(digest);
      });

      test("lose a tag to the newest, and stay", async () => {
        const first = await pushArtifact("one", "latest");
        const second = await pushArtifact("two", "latest");
        expect((await registry.resolve(repository, "latest")).digest).toBe(second.digest);
        expect((await registry.manifest(repository, first.digest)).descriptor.digest).toBe(first.digest);
      });

      test("can be tagged twice and pushed twice", async () => {
        const first = await pushArtifact("one", "v1");
        await pushArtifact("one", "v1");
        await pushArtifact("one", "stable");
        expect((await registry.resolve(repository, "stable")).digest).toBe(first.digest);
        expect((await registry.resolve(repository, "v1")).digest).toBe(first.digest);
      });

      test("keep types and annotations of their own", async () => {
        await push(emptyConfig);
        const bytes = Buffer.from(
          JSON.stringify({
            ...manifestOf([]),
            artifactType: "application/vnd.acme",
            annotations: { é: "ü" },
          }),
        );
        const { digest } = await registry.pushManifest(repository, { mediaType, bytes });
        expect(Buffer.compare((await registry.manifest(repository, digest)).bytes, bytes)).toBe(0);
      });

      test("are not stored under a digest that is not theirs", async () => {
        await push(emptyConfig);
        const bytes = Buffer.from(JSON.stringify(manifestOf([])));
        const { digest } = blobOf("something else");
        const pushing = registry.pushManifest(repository, { mediaType, bytes }, { digest });
        await expect(pushing).rejects.toMatchObject({ code: "DigestMismatch", digest });
      });

      test("larger than the limit are refused", async () => {
        await pushArtifact("one", "v1");
        await expect(registry.manifest(repository, "v1", { maxBytes: 100 })).rejects.toMatchObject({
          code: "SizeExceeded",
        });
      });

      test("that are not there are NotFound, by name", async () => {
        await pushArtifact("one", "v1");
        const { digest } = blobOf("never pushed");
        for (const reference of ["nothing", digest]) {
          for (const call of ["manifest", "resolve"] as const) {
            const error: unknown = await registry[call](repository, reference).catch(
              (thrown: unknown) => thrown,
            );
            expect(error).toMatchObject({ code: "NotFound" });
            expect(String(error)).toContain(reference);
          }
        }
      });

      test("of other formats are kept as they are", async () => {
        const { digest } = await pushArtifact("one", "v1");
        const child = await registry.resolve(repository, digest);
        const index = {
          schemaVersion: 2,
          mediaType: "application/vnd.oci.image.index.v1+json",
          manifests: [{ ...child, annotations: { a: "b" } }],
        };
        const bytes = Buffer.from(JSON.stringify(index, undefined, 3));
        await registry.pushManifest(repository, { mediaType: index.mediaType, bytes }, { tag: "index" });
        const manifest = await registry.manifest(repository, "index");
        expect(manifest.descriptor.mediaType).toBe(index.mediaType);
        expect(Buffer.compare(manifest.bytes, bytes)).toBe(0);
      });

      test("whose blobs are missing are refused", async () => {
        await push(emptyConfig);
        const bytes = Buffer.from(JSON.stringify(manifestOf([blobOf("missing")])));
        const pushing = registry.pushManifest(repository, { mediaType, bytes }, { tag: "v1" });
        await expect(pushing).rejects.toMatchObject({
          code: expect.stringMatching(/^(NotFound|Rejected)$/u) as string,
        });
        await expect(registry.manifest(repository, "v1")).rejects.toMatchObject({ code: "NotFound" });
      });
    });

    describe("referrers", () => {
      const signature = "application/vnd.acme.signature";
      const sbom = "application/vnd.acme.sbom";

      async function attach(
        subject: { digest: string; bytes: Buffer },
        artifactType: string,
        name: string,
      ): Promise<Descriptor> {
        await push(emptyConfig);
        const manifest = {
          ...manifestOf([]),
          artifactType,
          subject: { mediaType, digest: subject.digest, size: subject.bytes.length },
          annotations: { name },
        };
        const bytes = Buffer.from(JSON.stringify(manifest));
        const pushed = await registry.pushManifest(repository, { mediaType, bytes });
        return { ...pushed, artifactType, annotations: { name } };
      }

      async function referrersOf(subject: string, types: ReferrersOptions = {}): Promise<Descriptor[]> {
        const all: Descriptor[] = [];
        if (!isDigest(subject)) throw new Error("no digest");
        for await (const one of registry.referrers(repository, subject, types)) all.push(one);
        return all.toSorted((a, b) =>
          (a.annotations?.["name"] ?? "") < (b.annotations?.["name"] ?? "") ? -1 : 1,
        );
      }

      test("are found from their subject, with types and annotations, and by type", async () => {
        const subject = await pushArtifact("one", "v1");
        const first = await attach(subject, signature, "first");
        const second = await attach(subject, sbom, "second");
        const third = await attach(subject, signature, "third");
        await attach(await pushArtifact("two", "v2"), signature, "of another");
        expect(await referrersOf(subject.digest)).toEqual([first, second, third]);
        expect(await referrersOf(subject.digest, { artifactType: signature })).toEqual([first, third]);
        expect(await referrersOf(subject.digest, { artifactType: "application/vnd.nobody" })).toEqual([]);
        const types = { artifactType: "application/vnd.nobody", equivalentTypes: [sbom] };
        expect(await referrersOf(subject.digest, types)).toEqual([second]);
        expect(await referrersOf(subject.digest, { ...types, exhaustive: true })).toEqual([second]);
      });

      test("are none of a manifest that nobody refers to, or that is not there", async () => {
        const subject = await pushArtifact("one", "v1");
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
        const subject = await pushArtifact("one", "v1");
        const names = ["a", "b", "c", "d", "e", "f"];
        const attached = await Promise.all(names.map((name) => attach(subject, signature, name)));
        expect(await referrersOf(subject.digest)).toEqual(attached);
      });

      test("that are attached twice are found once", async () => {
        const subject = await pushArtifact("one", "v1");
        await attach(subject, signature, "same");
        expect(await referrersOf(subject.digest)).toEqual([await attach(subject, signature, "same")]);
      });

      test("are gone when they were deleted", async () => {
        const subject = await pushArtifact("one", "v1");
        const kept = await attach(subject, signature, "kept");
        const { digest } = await attach(subject, signature, "unwanted");
        await registry.deleteManifest(repository, digest);
        expect(await referrersOf(subject.digest)).toEqual([kept]);
      });
    });

    describe("deletes", () => {
      test("of a manifest take its tags along", async () => {
        const { digest } = await pushArtifact("one", "v1");
        await pushArtifact("two", "v2");
        await registry.deleteManifest(repository, digest);
        for (const reference of ["v1", digest]) {
          await expect(registry.manifest(repository, reference)).rejects.toMatchObject({ code: "NotFound" });
        }
        expect(await registry.resolve(repository, "v2")).toMatchObject({ mediaType });
        await expect(registry.deleteManifest(repository, digest)).rejects.toMatchObject({ code: "NotFound" });
      });

      test("of a tag leave the manifest, where tags can be deleted", async () => {
        const { digest } = await pushArtifact("one", "v1");
        try {
          await registry.deleteManifest(repository, "v1");
        } catch (error) {
          expect(error).toMatchObject({ code: "Unsupported" });
          return;
        }
        await expect(registry.resolve(repository, "v1")).rejects.toMatchObject({ code: "NotFound" });
        expect((await registry.manifest(repository, digest)).descriptor.digest).toBe(digest);
      });

      test("of a blob", async () => {
        const blob = blobOf("content");
        await push(blob);
        await registry.deleteBlob(repository, blob.digest);
        expect(await registry.statBlob(repository, blob.digest)).toBeUndefined();
        await expect(registry.deleteBlob(repository, blob.digest)).rejects.toMatchObject({
          code: "NotFound",
        });
        expect(await push(blob)).toBe("uploaded");
      });
    });

    describe("tags", () => {
      test("are listed in order", async () => {
        for (const tag of ["b", "a", "c10", "c9"]) await pushArtifact("one", tag);
        expect(await listed(registry.tags(repository))).toEqual(["a", "b", "c10", "c9"]);
      });

      test("of a repository that is not there", async () => {
        await expect(listed(registry.tags("nobody/nothing"))).rejects.toMatchObject({ code: "NotFound" });
      });
    });

    test("names that could lead elsewhere are refused before anything happens", async () => {
      const blob = blobOf("content");
      for (const bad of ["../etc", "a/../b", "/a", "A", "a//b", "a b", "a?b", "a%2fb", "a\n"]) {
        const error = { code: "InvalidReference" };
        await expect(registry.manifest(bad, "v1")).rejects.toMatchObject(error);
        await expect(registry.statBlob(bad, blob.digest)).rejects.toMatchObject(error);
        await expect(push(blob, bad)).rejects.toMatchObject(error);
        await expect((async () => collect(registry.readBlob(bad, blob)))()).rejects.toMatchObject(error);
        await expect((async () => listed(registry.tags(bad)))()).rejects.toMatchObject(error);
      }
      for (const bad of ["", "a/b", "..", "-a", "a b", "sha256:abc", "a:b"]) {
        await expect(registry.manifest(repository, bad)).rejects.toMatchObject({ code: "InvalidReference" });
        await expect(registry.resolve(repository, bad)).rejects.toMatchObject({ code: "InvalidReference" });
      }
    });

    test("every call that was aborted throws the reason", async () => {
      const reason = new Error("enough");
      const options = { signal: AbortSignal.abort(reason) };
      const blob = blobOf("content");
      const bytes = Buffer.from(JSON.stringify(manifestOf([])));
      await expect(registry.resolve(repository, "v1", options)).rejects.toBe(reason);
      await expect(registry.manifest(repository, "v1", options)).rejects.toBe(reason);
      await expect(registry.statBlob(repository, blob.digest, options)).rejects.toBe(reason);
      await expect(collect(registry.readBlob(repository, blob, options))).rejects.toBe(reason);
      await expect(registry.pushBlob(repository, blob, () => chunksOf(blob.bytes), options)).rejects.toBe(
        reason,
      );
      await expect(registry.pushManifest(repository, { mediaType, bytes }, options)).rejects.toBe(reason);
    });

    test("an abort in the middle of a read or an upload throws the reason", async () => {
      const blob = blobOf(noise(2_000_000));
      const reason = new Error("enough");
      const uploading = new AbortController();
      const pushing = registry.pushBlob(
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
      await push(blob);
      const reading = new AbortController();
      const read = async (): Promise<void> => {
        for await (const chunk of registry.readBlob(repository, blob, { signal: reading.signal })) {
          expect(chunk.length).toBeLessThan(blob.size);
          reading.abort(reason);
        }
      };
      await expect(read()).rejects.toBe(reason);
    });

    test("eight writers at once lose nothing", async () => {
      const names = Array.from({ length: 8 }, (_, at) => `v${at}`);
      const pushed = await Promise.all(names.map((tag) => pushArtifact(tag, tag)));
      expect(await listed(registry.tags(repository))).toEqual(names);
      for (const [at, tag] of names.entries()) {
        expect((await registry.resolve(repository, tag)).digest).toBe(pushed[at]?.digest);
      }
    });
  });
}

async function listed(tags: AsyncIterable<string>): Promise<string[]> {
  const all: string[] = [];
  for await (const tag of tags) all.push(tag);
  return all;
}

function manifestOf(layers: readonly TestBlob[]): object {
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
