import type { ArchiveManifest } from "@blob/client";
import { parseArchiveManifest } from "@blob/client";
import type { Descriptor, HttpRegistry, HttpTrace, Manifest, Registry } from "@blob/registry";
import { isRegistryError } from "@blob/registry";
import type { Finding } from "./check.js";
import { ok, skipped, warning } from "./check.js";
import { errorCodeOf } from "../errors/exit-code.js";
import { humanSize } from "../output/sizes.js";

/** What the checks of a repository are about. */
export interface Subject {
  readonly registry: Registry;
  readonly repository: string;
  /** A tag or digest. */
  readonly reference: string;
  /** As the user wrote it. */
  readonly text: string;
  readonly signal: AbortSignal;
}

export interface FoundManifest {
  readonly manifest: Manifest;
  readonly finding: Finding;
}

/** The manifest, which is what everything else hangs on. */
export async function readManifest({
  registry,
  repository,
  reference,
  signal,
}: Subject): Promise<FoundManifest> {
  const manifest = await registry.manifest(repository, reference, { signal });
  const { digest, size, mediaType } = manifest.descriptor;
  return { manifest, finding: ok(`${digest}, ${String(size)} bytes, ${mediaType}`) };
}

/** Whether HEAD leads to the same manifest. */
export async function checkManifestHead(
  { registry, repository, reference, signal }: Subject,
  manifest: Manifest,
): Promise<Finding> {
  const { digest } = await registry.resolve(repository, reference, { signal });
  if (digest === manifest.descriptor.digest) return ok("leads to the same digest");
  return warning(`HEAD says ${digest}: another one, so somebody is pushing, or a cache is stale`);
}

export interface FoundArchive {
  readonly archive: ArchiveManifest;
  readonly finding: Finding;
}

export function readArchive({ text }: Subject, manifest: Manifest): FoundArchive {
  const archive = parseArchiveManifest(manifest, text);
  const { index, data } = archive;
  return { archive, finding: ok(`index ${humanSize(index.size)}, data ${humanSize(data.size)}`) };
}

/** Whether HEAD says that a blob is there, and how large it is: what a push asks to send nothing twice. */
export async function checkBlobHead(
  { registry, repository, signal }: Subject,
  { data }: ArchiveManifest,
): Promise<Finding> {
  const size = await registry.statBlob(repository, data.digest, { signal });
  if (size === undefined) return warning("HEAD of the data blob tells nothing: pushes send every blob again");
  if (size === data.size) return ok("the data blob is there, with the right size");
  return warning(`HEAD says that the data blob has ${String(size)} bytes, the manifest ${String(data.size)}`);
}

/** How many bytes a range asks for: less than any blob has that is worth it. */
const rangeBytes = 512;

/** One range of the data blob, and what came back for it. */
export async function checkRange(
  { registry, repository, signal }: Subject,
  { data }: ArchiveManifest,
  requests: () => readonly HttpTrace[],
): Promise<Finding> {
  const range = rangeOf(data);
  if (range === undefined) return skipped("the data blob is too small for a range");
  requests();
  let length = 0;
  for await (const chunk of registry.readBlob(repository, data, { range, signal })) length += chunk.length;
  if (length !== range.length) return warning(`${String(length)} bytes instead of ${String(range.length)}`);
  const answer = requests().findLast(
    ({ range: asked, status }) => asked !== undefined && status !== undefined && status < 300,
  );
  if (answer === undefined) return ok("read");
  const took = `${answer.durationMs.toFixed(0)} ms`;
  const { status, contentRange } = answer;
  if (status === 206) return ok(`206, ${contentRange ?? "several parts"}, ${took}`);
  const size = humanSize(data.size);
  return contentRange === undefined
    ? warning(
        `${String(status)} with the whole blob of ${size}, ${took}: single files cost what lies before them`,
      )
    : warning(
        `${String(status)} with Content-Range ${contentRange}, ${took}: should be 206, and is understood`,
      );
}

/** Not from the beginning, which would look like the whole of a blob to some. */
function rangeOf({ size }: Descriptor): { readonly offset: number; readonly length: number } | undefined {
  if (size < 2) return undefined;
  return { offset: 1, length: Math.min(rangeBytes, size - 1) };
}

/** How the referrers of the manifest can be found, and how many there are. */
export async function checkReferrers(
  { registry, repository, signal }: Subject,
  { descriptor }: Manifest,
  requests: () => readonly HttpTrace[],
): Promise<Finding> {
  requests();
  let count = 0;
  try {
    for await (const _ of registry.referrers(repository, descriptor.digest, { signal })) count += 1;
  } catch (error) {
    if (isRegistryError(error) && error.code === "ReferrersUnsupported") {
      return warning("neither the referrers API nor a usable fallback tag: signatures cannot be found");
    }
    throw error;
  }
  const found = `${String(count)} found`;
  const asked = requests().filter(({ url }) => url.includes("/referrers/"));
  if (asked.length === 0) return ok(found);
  const hasApi = asked.some(({ status }) => status === 200);
  return hasApi ? ok(`referrers API, ${found}`) : ok(`no referrers API; by the fallback tag, ${found}`);
}

const refusals: ReadonlySet<string> = new Set(["Unauthorized", "Forbidden", "TokenRefused"]);

/** Whether a push would be let in: an upload session is opened and cancelled again. */
export async function checkUpload(registry: HttpRegistry, { repository, signal }: Subject): Promise<Finding> {
  try {
    const ended = await registry.probeUpload(repository, { signal });
    return ended === "cancelled"
      ? ok("session opened and cancelled: pushing is allowed")
      : ok("session opened: pushing is allowed (the registry cannot cancel; the session expires)");
  } catch (error) {
    if (refusals.has(errorCodeOf(error))) return skipped("not allowed: these credentials may not push");
    if (isRegistryError(error) && error.code === "Unsupported")
      return skipped("this registry takes no pushes");
    throw error;
  }
}

/** Signatures and tokens stop working when clocks differ by minutes. */
const tolerableSkewSeconds = 60;

export function checkClock(skewSeconds: number | undefined): Finding {
  if (skewSeconds === undefined) return skipped("the registry does not say what time it is");
  const seconds = Math.round(skewSeconds);
  const size = Math.abs(seconds);
  if (size <= tolerableSkewSeconds) return ok(`within ${String(Math.max(1, size))} s of the registry's`);
  return warning(
    `the registry's clock is ${String(size)} s ${seconds > 0 ? "ahead of" : "behind"} this machine's: tokens and signatures may be refused`,
  );
}
