import type { CredentialSource } from "@blob/auth";
import { anonymous, createAuthenticator } from "@blob/auth";
import type { Caches, CachesOptions } from "@blob/cache";
import { cacheNames, createCaches } from "@blob/cache";
import type { Archive, ArchiveDiff } from "@blob/format";
import type { ArchiveInput, DirectoryDiff } from "@blob/format/node";
import { loadZstdDecoder } from "@blob/format/node";
import type { Descriptor, HttpRegistryOptions, Policy, Signer, StatementClaim } from "@blob/registry";
import type { ArchiveManifest } from "./manifest/archive-manifest.js";
import type { StaleReference } from "./caching/caching-registry.js";
import type { CopyResult, CopyVerbOptions } from "./verbs/copy.js";
import { copy } from "./verbs/copy.js";
import { deleteReference } from "./verbs/delete.js";
import type { DiffDirectoryVerbOptions } from "./verbs/diff.js";
import { diff, diffDirectory } from "./verbs/diff.js";
import type { ExportImageOptions, ExportImageResult } from "./verbs/export-image.js";
import { exportImage } from "./verbs/export-image.js";
import { fetchManifest } from "./verbs/fetch.js";
import type { Inspection } from "./verbs/inspect.js";
import { inspect } from "./verbs/inspect.js";
import { createLifetime } from "./lifetime/lifetime.js";
import type { PulledArchive, PulledFrom, PullOptions } from "./verbs/pull.js";
import { pull } from "./verbs/pull.js";
import type { PushArchiveOptions, PushArchiveResult, PushOptions, PushResult } from "./verbs/push.js";
import { push, pushArchive } from "./verbs/push.js";
import type { ReferrersVerbOptions } from "./verbs/referrers.js";
import { referrers } from "./verbs/referrers.js";
import { createRegistries } from "./registries.js";
import { resolve } from "./verbs/resolve.js";
import { createSharedReads } from "./caching/shared-reads.js";
import type { SignResult, SignTarget, SignVerbOptions } from "./verbs/sign.js";
import { attest, sign } from "./verbs/sign.js";
import type { SyncVerbOptions, SyncVerbResult } from "./verbs/sync.js";
import { sync } from "./verbs/sync.js";
import { tag } from "./verbs/tag.js";
import { tags } from "./verbs/tags.js";
import type { ReadVerbOptions, VerbContext, VerbOptions } from "./verbs/verb-context.js";
import type { VerifyResult } from "./verbs/verify.js";
import { verify } from "./verbs/verify.js";

export interface ClientOptions {
  /** Where credentials for registries come from; see `@blob/auth`. Default: anonymous. */
  readonly credentials?: CredentialSource | undefined;
  /** Speak HTTP instead of HTTPS: to every registry, or to those `host[:port]`s. Default false. */
  readonly plainHttp?: boolean | readonly string[] | undefined;
  /** Asked on every verb that reads, before any file byte. Default none. */
  readonly policies?: readonly Policy[] | undefined;
  /**
   * Where tags, manifests, indexes, contents and blocks are cached; made when needed, and shared with other processes.
   * Default: the last 10 MB of manifests, in memory, and nothing else.
   */
  readonly cacheDir?: string | undefined;
  /**
   * Sizes, the time to live of tags, stores of your own, and which caches are on. Without `cacheDir`, those are that have
   * a store or are enabled here; they are kept in memory.
   */
  readonly cacheOptions?: Omit<CachesOptions, "directory"> | undefined;
  /** Caches of your own in place of these, each by itself. */
  readonly caches?: Partial<Caches> | undefined;
  /**
   * Never use the network. What the caches have is read, also by tags whose time to live has run out (see `onStale`);
   * everything else is an `Offline` error that says what is missing. OCI layouts work as always. Default false.
   */
  readonly offline?: boolean | undefined;
  /** Told when an offline client takes what a tag pointed to before for what it points to now. */
  readonly onStale?: ((stale: StaleReference) => void) | undefined;
  /** How HTTP is spoken: user agent, retries, trace; see `HttpRegistryOptions` of `@blob/registry`. */
  readonly http?: Omit<HttpRegistryOptions, "authenticator" | "plainHttp"> | undefined;
}

/**
 * Archives in registries (`host/repository:tag`) and OCI layouts (`oci:PATH:tag`).
 *
 * Verbs throw `ClientError`, and the errors of `@blob/registry`, `@blob/auth` and `@blob/format` as they are: each has
 * a `code`. After an abort they throw the signal's reason.
 */
export interface Client {
  /** Archives a directory, or files that are given, and pushes it. What it makes is spooled to disk; memory stays flat. */
  push(reference: string, input: ArchiveInput, options?: PushOptions): Promise<PushResult>;
  /** Pushes an archive that exists already, streaming its data. */
  pushArchive(reference: string, archive: Archive, options?: PushArchiveOptions): Promise<PushArchiveResult>;
  /** Makes an OCI image with one layer of an archive, and pushes it. The layer is spooled to disk. */
  exportImage(
    reference: string,
    archive: Archive & Partial<PulledFrom>,
    options?: ExportImageOptions,
  ): Promise<ExportImageResult>;
  /** Opens an archive: two requests, and one more for each file that is read. */
  pull(reference: string, options?: PullOptions): Promise<PulledArchive>;
  /** Only the manifest: one request. */
  fetch(reference: string, options?: ReadVerbOptions): Promise<ArchiveManifest>;
  /** What there is to know without reading files: two requests. */
  inspect(reference: string, options?: PullOptions): Promise<Inspection>;
  /** Points a tag at what another reference of the same repository names, unless a policy refuses it. */
  tag(source: string, destination: string, options?: ReadVerbOptions): Promise<Descriptor>;
  /** What a reference points to: at most one request. */
  resolve(reference: string, options?: VerbOptions): Promise<Descriptor>;
  /** The tags of a repository, page by page as they are asked for. */
  tags(repository: string, options?: VerbOptions): AsyncIterable<string>;
  /** Copies an artifact with what refers to it, between registries and layouts. Policies are asked first. */
  copy(source: string, destination: string, options?: CopyVerbOptions): Promise<CopyResult>;
  /** Deletes a tag, or a manifest by its digest with all its tags. */
  delete(reference: string, options?: VerbOptions): Promise<void>;
  /** What it takes to get from one archive to another: no file is read. */
  diff(before: string, after: string, options?: PullOptions): Promise<ArchiveDiff>;
  /** How a directory differs from an archive: nothing of the archive's data is read. */
  diffDirectory(
    reference: string,
    directory: string,
    options?: DiffDirectoryVerbOptions,
  ): Promise<DirectoryDiff>;
  /** Brings a directory to the state of an archive, fetching only what is missing or different. */
  sync(reference: string, directory: string, options?: SyncVerbOptions): Promise<SyncVerbResult>;
  /** Signs what was pushed, or what a reference names, and attaches the signature. */
  sign(target: SignTarget, signer: Signer, options?: SignVerbOptions): Promise<SignResult>;
  /** Attaches a signed statement. */
  attest(
    target: SignTarget,
    signer: Signer,
    claim: StatementClaim,
    options?: SignVerbOptions,
  ): Promise<SignResult>;
  /** What refers to a manifest, such as signatures: listed, not verified. */
  referrers(reference: string, options?: ReferrersVerbOptions): Promise<readonly Descriptor[]>;
  /** What each policy, of the client and of the caller, says about a manifest, and by which evidence. */
  verify(reference: string, policies?: readonly Policy[], options?: VerbOptions): Promise<VerifyResult>;
  /** The caches of this client, for their statistics. */
  readonly caches: Caches;
  /**
   * Stops what is under way, waits until it has stopped, and closes the connections. Verbs that were running, later ones,
   * reads of archives that were pulled, and lists that are being iterated end with `Closed`, those of OCI layouts too.
   * What had happened when they were stopped stays; look-ups in archives go on working. Once is enough; twice is no error.
   */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** A client with its own connections, tokens and caches. It does nothing until a verb is called. */
export function createClient(options: ClientOptions = {}): Client {
  const { plainHttp = false, policies = [] } = options;
  const caches = { ...createCaches(cachesOptions(options)), ...options.caches };
  const shared = createSharedReads();
  const lifetime = createLifetime();
  const registries = createRegistries({
    lifetime,
    authenticator: createAuthenticator({ credentials: options.credentials ?? anonymous }),
    caches,
    shared,
    offline: options.offline ?? false,
    onStale: options.onStale,
    plainHttp: (host) => (typeof plainHttp === "boolean" ? plainHttp : plainHttp.includes(host)),
    http: options.http ?? {},
  });
  let zstd: ReturnType<typeof loadZstdDecoder> | undefined;
  const context: VerbContext = {
    lifetime,
    registries,
    shared,
    policies,
    zstdDecoder: () => (zstd ??= loadZstdDecoder()),
  };
  let closed: Promise<void> | undefined;
  const close = (): Promise<void> => (closed ??= lifetime.end().then(() => registries.close()));
  const run = <O extends VerbOptions, T>(
    given: O,
    verb: (its: O & { readonly signal: AbortSignal }) => Promise<T>,
  ): Promise<T> => lifetime.run(given.signal, (signal) => verb({ ...given, signal }));
  return {
    push: (reference, directory, verb = {}) => run(verb, (its) => push(context, reference, directory, its)),
    pushArchive: (reference, archive, verb = {}) =>
      run(verb, (its) => pushArchive(context, reference, archive, its)),
    exportImage: (reference, archive, verb = {}) =>
      run(verb, (its) => exportImage(context, reference, archive, its)),
    pull: (reference, verb = {}) => run(verb, (its) => pull(context, reference, its)),
    fetch: (reference, verb = {}) =>
      run(verb, async (its) => (await fetchManifest(context, reference, its)).manifest),
    inspect: (reference, verb = {}) => run(verb, (its) => inspect(context, reference, its)),
    tag: (source, destination, verb = {}) => run(verb, (its) => tag(context, source, destination, its)),
    resolve: (reference, verb = {}) => run(verb, (its) => resolve(context, reference, its)),
    tags: (repository, verb) => tags(context, repository, verb),
    copy: (source, destination, verb = {}) => run(verb, (its) => copy(context, source, destination, its)),
    delete: (reference, verb = {}) => run(verb, (its) => deleteReference(context, reference, its)),
    diff: (before, after, verb = {}) => run(verb, (its) => diff(context, before, after, its)),
    diffDirectory: (reference, directory, verb = {}) =>
      run(verb, (its) => diffDirectory(context, reference, directory, its)),
    sync: (reference, directory, verb = {}) => run(verb, (its) => sync(context, reference, directory, its)),
    sign: (target, signer, verb = {}) => run(verb, (its) => sign(context, target, signer, its)),
    attest: (target, signer, claim, verb = {}) =>
      run(verb, (its) => attest(context, target, signer, claim, its)),
    referrers: (reference, verb = {}) => run(verb, (its) => referrers(context, reference, its)),
    verify: (reference, wanted, verb = {}) => run(verb, (its) => verify(context, reference, wanted, its)),
    caches,
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** Without a directory, only manifests are remembered: everything else takes memory, or time to notice a new tag. */
function cachesOptions({ cacheDir, cacheOptions = {} }: ClientOptions): CachesOptions {
  if (cacheDir !== undefined) return { ...cacheOptions, directory: cacheDir };
  const { enabled, stores } = cacheOptions;
  const isOn = cacheNames.map((name) => [
    name,
    enabled?.[name] ?? (name === "manifests" || stores?.[name] !== undefined),
  ]);
  return { ...cacheOptions, enabled: Object.fromEntries(isOn) };
}
