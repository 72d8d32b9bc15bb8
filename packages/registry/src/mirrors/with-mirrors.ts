import { rangeOf } from "../blob-range.js";
import type { BlobId } from "../descriptor.js";
import { isDigest, verified } from "../digest.js";
import { isRegistryError, RegistryError } from "../errors.js";
import type { CallOptions, Registry } from "../registry.js";
import type { Mirror, SkippedMirror } from "./mirror.js";
import { createMirrorHealth } from "./mirror-health.js";

/** Who is told, and the time. */
export interface MirrorsOptions {
  /** Told of each mirror that did not serve. */
  readonly onSkipped?: ((skipped: SkippedMirror) => void) | undefined;
  /** Milliseconds of a clock that does not go back. Default: `performance.now`. */
  readonly now?: (() => number) | undefined;
}

/** A registry whose reads go to mirrors first. */
export interface MirroredRegistry extends Registry {
  /**
   * Whoever verifies what ranges hold says here that the bytes of a blob were wrong: the mirrors that gave any of them are
   * not asked again. True when there was one, so that reading once more may give other bytes.
   */
  distrust(repository: string, digest: string): boolean;
}

/** Up to this size a whole blob is held until its digest is known, so that another place can be asked. */
const maxHeldBytes = 16 * 1024 * 1024;

/** Blobs whose mirrors are remembered for {@link MirroredRegistry.distrust}. */
const maxKnownBlobs = 1024;

/**
 * Reads manifests and blobs from mirrors, in their order, and from the registry itself when none of them serves; writes, lists,
 * existence and, unless a mirror says otherwise, tags are the registry's alone. A mirror is passed by for whatever error, and
 * not asked again for a while; one that sent wrong bytes never again. What comes back is verified as always: manifests and whole
 * blobs by their digests, a range by who knows what is in it. Errors are those of the registry.
 *
 * @example
 * ```ts
 * const origin = createHttpRegistry("ghcr.io", { authenticator });
 * const near = createHttpRegistry("mirror.corp.example", { retry: { retries: 0 } });
 * const registry = withMirrors(origin, [{ name: near.id, registry: near }]);
 * ```
 */
export function withMirrors(
  origin: Registry,
  mirrors: readonly Mirror[],
  { onSkipped, now = () => performance.now() }: MirrorsOptions = {},
): MirroredRegistry {
  const health = createMirrorHealth(now);
  const givers = new Map<string, Set<Mirror>>();

  function* asked(repository: string, thing: string, kind: "digests" | "tags"): Generator<[Mirror, string]> {
    for (const mirror of mirrors) {
      const serves = kind === "digests" ? (mirror.digests ?? true) : (mirror.tags ?? false);
      const name = mirror.repository === undefined ? repository : mirror.repository(repository);
      if (serves && name !== undefined && health.mayAsk(mirror, thing)) yield [mirror, name];
    }
  }

  function skip(mirror: Mirror, thing: string, error: unknown, signal: AbortSignal | undefined): void {
    signal?.throwIfAborted();
    // Noted also when nobody is told.
    const skipped = health.failed(mirror, thing, error);
    onSkipped?.(skipped);
  }

  async function first<T>(
    repository: string,
    reference: string,
    { signal }: CallOptions,
    ask: (registry: Mirror["registry"], name: string) => Promise<T>,
  ): Promise<T> {
    const thing = `${repository}@${reference}`;
    for (const [mirror, name] of asked(repository, thing, isDigest(reference) ? "digests" : "tags")) {
      try {
        return await ask(mirror.registry, name);
      } catch (error) {
        skip(mirror, thing, error, signal);
      }
    }
    return ask(origin, repository);
  }

  function remember(thing: string, mirror: Mirror): void {
    const known = givers.get(thing) ?? new Set<Mirror>();
    givers.delete(thing);
    givers.set(thing, known.add(mirror));
    const [oldest] = givers.keys();
    if (givers.size > maxKnownBlobs && oldest !== undefined) givers.delete(oldest);
  }

  function distrust(thing: string): readonly Mirror[] {
    const found = [...(givers.get(thing) ?? [])];
    givers.delete(thing);
    for (const mirror of found) {
      health.distrust(mirror);
      const message = `${mirror.name}: bytes of ${thing} from this mirror were wrong; it is not asked any more`;
      onSkipped?.({ mirror: mirror.name, code: "DigestMismatch", message, restMs: Infinity });
    }
    return found;
  }

  /** A small blob: nothing of it is handed on before its digest was right. */
  async function* heldBlob(repository: string, blob: BlobId, call: CallOptions): AsyncGenerator<Uint8Array> {
    const thing = `${repository}@${blob.digest}`;
    for (const [mirror, name] of asked(repository, thing, "digests")) {
      let chunks: Uint8Array[] | undefined = [];
      try {
        const { signal } = call;
        for await (const chunk of verified(mirror.registry.readBlob(name, blob, { signal }), blob))
          chunks.push(chunk);
      } catch (error) {
        chunks = undefined;
        skip(mirror, thing, error, call.signal);
      }
      if (chunks === undefined) continue;
      yield* chunks;
      return;
    }
    yield* origin.readBlob(repository, blob, call);
  }

  /** From one place after the other: where one breaks off, the next one goes on. */
  async function* parts(
    repository: string,
    blob: BlobId,
    { start, end }: { readonly start: number; readonly end: number },
    call: CallOptions,
  ): AsyncGenerator<Uint8Array> {
    const thing = `${repository}@${blob.digest}`;
    let at = start;
    for (const [mirror, name] of asked(repository, thing, "digests")) {
      try {
        const range = { offset: at, length: end - at };
        for await (const chunk of mirror.registry.readBlob(name, blob, { ...call, range })) {
          if (at === start) remember(thing, mirror);
          at += chunk.length;
          yield chunk;
        }
        if (at === end) return;
        throw new RegistryError("InvalidResponse", `${mirror.name}: it sent less than it was asked for`);
      } catch (error) {
        // All is there: only a digest could say that it is wrong.
        if (at >= end && !isMismatch(error)) return;
        if (at >= end) throw error;
        skip(mirror, thing, error, call.signal);
      }
    }
    yield* origin.readBlob(repository, blob, { ...call, range: { offset: at, length: end - at } });
  }

  /** A large blob goes through: that it was wrong is known at its end, and who sent it is said. */
  async function* streamedBlob(
    repository: string,
    blob: BlobId,
    call: CallOptions,
  ): AsyncGenerator<Uint8Array> {
    try {
      yield* verified(parts(repository, blob, { start: 0, end: blob.size }, call), blob);
    } catch (error) {
      if (!isMismatch(error)) throw error;
      const [mirror] = distrust(`${repository}@${blob.digest}`);
      throw mirror === undefined ? error : blaming(mirror, error);
    }
  }

  return {
    ...withoutReads(origin),
    manifest: async (repository, reference, call = {}) =>
      first(repository, reference, call, (registry, name) => registry.manifest(name, reference, call)),
    // By digest it says what is there to be copied or tagged: that is for the registry itself to say.
    resolve: async (repository, reference, call = {}) =>
      isDigest(reference)
        ? origin.resolve(repository, reference, call)
        : first(repository, reference, call, (registry, name) => registry.resolve(name, reference, call)),
    readBlob(repository, blob, { range, ...call } = {}) {
      const { start, end } = rangeOf(blob, range);
      const isWhole = start === 0 && end === blob.size;
      if (!isWhole) return parts(repository, blob, { start, end }, call);
      return blob.size <= maxHeldBytes
        ? heldBlob(repository, blob, call)
        : streamedBlob(repository, blob, call);
    },
    distrust: (repository, digest) => distrust(`${repository}@${digest}`).length > 0,
  };
}

function isMismatch(error: unknown): error is RegistryError {
  return isRegistryError(error) && error.code === "DigestMismatch";
}

function blaming(mirror: Mirror, error: RegistryError): RegistryError {
  const message = `the mirror ${mirror.name} sent wrong bytes, and is not asked any more: read it again to get them from elsewhere (${error.message})`;
  return new RegistryError(error.code, message, { digest: error.digest, host: error.host, cause: error });
}

/** An object of any class may be the registry: its methods are called as its own. */
function withoutReads(origin: Registry): Omit<Registry, "manifest" | "resolve" | "readBlob"> {
  const streamBlob = origin.streamBlob?.bind(origin);
  return {
    id: origin.id,
    statBlob: (...call) => origin.statBlob(...call),
    pushBlob: (...call) => origin.pushBlob(...call),
    ...(streamBlob === undefined ? {} : { streamBlob }),
    pushManifest: (...call) => origin.pushManifest(...call),
    tags: (...call) => origin.tags(...call),
    referrers: (...call) => origin.referrers(...call),
    deleteManifest: (...call) => origin.deleteManifest(...call),
    deleteBlob: (...call) => origin.deleteBlob(...call),
  };
}
