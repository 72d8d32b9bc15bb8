import { createHash } from "node:crypto";
import type { Digest, Manifest, Registry } from "@blob/registry";
import type { Situation, World } from "./situation.js";

const imageType = "application/vnd.oci.image.manifest.v1+json";

async function pushManifest(
  registry: Registry,
  tag: string,
  manifest: object,
  mediaType: string,
): Promise<string> {
  const bytes = Buffer.from(JSON.stringify(manifest));
  const digest: Digest = `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
  await registry.pushManifest("acme/site", { mediaType, bytes }, { tag });
  return digest;
}

async function pushImage(
  { registry: { registry } }: World,
  tag: string,
): Promise<{ digest: string; size: number }> {
  const config = Buffer.from(`{"tag":"${tag}"}`);
  const digest: Digest = `sha256:${createHash("sha256").update(config).digest("hex")}`;
  await registry.pushBlob("acme/site", { digest, size: config.length }, async function* () {
    yield config;
  });
  const image = {
    schemaVersion: 2,
    mediaType: imageType,
    config: { mediaType: "application/vnd.oci.image.config.v1+json", digest, size: config.length },
    layers: [],
  };
  return {
    digest: await pushManifest(registry, tag, image, imageType),
    size: Buffer.byteLength(JSON.stringify(image)),
  };
}

const indexType = "application/vnd.oci.image.index.v1+json";

async function manifestOf({ registry: { registry } }: World): Promise<Manifest> {
  return registry.manifest("acme/site", "v1");
}

/** What is there is not an archive, or not what it was. */
export const contents: readonly Situation[] = [
  {
    name: "an image that is no archive",
    async typed(world) {
      await pushImage(world, "v1");
      return { argv: ["ls", world.reference] };
    },
    exit: 1,
    line: "error[InvalidManifest]: HOST/acme/site:v1 is not a blob archive: its artifact type is missing, not application/vnd.meigma.blob.v1",
    hint: "only what `blob push` wrote can be read as an archive",
  },
  {
    name: "an image for several platforms",
    async typed(world) {
      const manifests = [];
      for (const architecture of ["amd64", "arm64"]) {
        const image = await pushImage(world, architecture);
        manifests.push({ mediaType: imageType, ...image, platform: { os: "linux", architecture } });
      }
      await pushManifest(
        world.registry.registry,
        "v1",
        { schemaVersion: 2, mediaType: indexType, manifests },
        indexType,
      );
      return { argv: ["ls", world.reference] };
    },
    exit: 1,
    line: "error[InvalidManifest]: HOST/acme/site:v1 is an image index (DIGEST), and no blob archive is in it: DIGEST (linux/amd64), DIGEST (linux/arm64)",
    hint: "only what `blob push` wrote can be read as an archive",
  },
  {
    name: "an archive in an index for several platforms is taken",
    async typed(world) {
      await world.push();
      const { descriptor } = await manifestOf(world);
      const image = await pushImage(world, "amd64");
      const manifests = [
        { mediaType: imageType, ...image, platform: { os: "linux", architecture: "amd64" } },
        { ...descriptor },
      ];
      await pushManifest(
        world.registry.registry,
        "v1",
        { schemaVersion: 2, mediaType: indexType, manifests },
        indexType,
      );
      return { argv: ["ls", world.reference] };
    },
    exit: 0,
    line: "",
    hint: undefined,
  },
  {
    name: "a manifest that was changed",
    async typed(world) {
      await world.push();
      const { descriptor } = await manifestOf(world);
      world.registry.damage(descriptor.digest);
      return { argv: ["ls", `${world.host}/acme/site@${descriptor.digest}`] };
    },
    exit: 5,
    line: "error[DigestMismatch]: HOST: the manifest acme/site@DIGEST has the digest DIGEST, not DIGEST: it was damaged or tampered with",
    hint: "the stored bytes are damaged or were tampered with: push the archive again from a good copy",
  },
  {
    name: "data that was changed",
    async typed(world) {
      await world.push();
      const { bytes } = await manifestOf(world);
      const { layers } = JSON.parse(Buffer.from(bytes).toString()) as {
        layers: readonly { digest: string }[];
      };
      for (const { digest } of layers.slice(1)) world.registry.damage(digest);
      return { argv: ["cat", world.reference, "a.txt"] };
    },
    exit: 5,
    line: 'error[HashMismatch]: "a.txt" does not have the content that the index promises: the data part is damaged or another one',
    hint: "the stored bytes are damaged or were tampered with: push the archive again from a good copy",
  },
  {
    name: "a blob that always breaks off",
    async typed(world) {
      await world.push();
      world.registry.quirks.breakBodyAfter = 1;
      return { argv: ["cat", world.reference, "a.txt"] };
    },
    exit: 7,
    line: "error[Network]: HOST: other side closed (UND_ERR_SOCKET): check the host name and the network",
    hint: "check the network, host and port, and try again",
  },
  {
    name: "a blob that is shorter than it should be",
    async typed(world) {
      await world.push();
      world.registry.quirks.shortChunkedBody = 1;
      return { argv: ["cat", world.reference, "a.txt"] };
    },
    exit: 7,
    line: "error[Network]: HOST: the blob DIGEST of acme/site breaks off after 5 of 328 bytes, again and again",
    hint: "check the network, host and port, and try again",
  },
  {
    name: "a path that is not in the archive",
    async typed(world) {
      await world.push();
      return { argv: ["cat", world.reference, "b.txt"] };
    },
    exit: 4,
    line: 'error[NotFound]: b.txt was not found: The archive has no file "b.txt"',
    hint: "did you mean a.txt?",
  },
  {
    name: "a directory where a file is needed",
    async typed(world) {
      await world.push();
      return { argv: ["cat", world.reference, "docs"] };
    },
    exit: 1,
    line: 'error[WrongKind]: "docs" is a directory in the archive, not a file',
    hint: "`blob ls` lists a directory, `blob cp` copies one, `blob cat` writes files",
  },
  {
    name: "verify without anything to verify by",
    async typed(world) {
      await world.push();
      return { argv: ["verify", world.reference] };
    },
    exit: 2,
    line: "error[Usage]: there is nothing to verify by: give --policy, --key, --issuer with --identity, or --repo, or configure policies",
    hint: "`blob verify --help` lists the arguments and flags",
  },
  {
    name: "only cosign's old signature tag is there",
    async typed(world) {
      await world.push();
      const { descriptor } = await manifestOf(world);
      await pushImage(world, `${descriptor.digest.replace(":", "-")}.sig`);
      const { generateKeyPair } = await import("@blob/sigstore-policy");
      const { publicKey } = await generateKeyPair({ password: "" });
      return { argv: ["verify", "--key", await world.write("k.pub", publicKey), world.reference] };
    },
    also: /\.sig \(DIGEST\) is there: a signature as cosign kept them before version 3/u,
    exit: 5,
    line: "error[PolicyViolation]: HOST/acme/site:v1 is refused by policy: signed with the key KEY: acme/site@DIGEST has no Sigstore bundle",
    hint: "`blob verify` shows what each policy found; `blob inspect` lists what is attached",
  },
  {
    name: "interrupted",
    async typed(world) {
      await world.push();
      const { Interruption } = await import("../../interruption.js");
      return { argv: ["ls", world.reference], signal: AbortSignal.abort(new Interruption("SIGINT")) };
    },
    exit: 130,
    line: "error[Interrupted]: interrupted by SIGINT",
    hint: undefined,
  },
];
