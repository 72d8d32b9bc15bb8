import type { CredentialSource } from "@blob/auth";
import type { Caches } from "@blob/cache";
import type { Archive, ArchiveDiff } from "@blob/format";
import type { ArchiveInput, DirectoryDiff } from "@blob/format/node";
import type {
  Descriptor,
  HttpRegistryOptions,
  Policy,
  Registry,
  Signer,
  StatementClaim,
  SkippedMirror,
} from "@blob/registry";
import type { StaleReference } from "./caching/caching-registry.js";
import type { CacheOption } from "./caching/client-caches.js";
import type { HostOptions } from "./host-options.js";
import type { ArchivePlace } from "./location.js";
import type { ArchiveManifest } from "./manifest/archive-manifest.js";
import type { CopyResult, CopyVerbOptions } from "./verbs/copy.js";
import type { DiffDirectoryVerbOptions, DiffVerbOptions } from "./verbs/diff.js";
import type { ExportImageOptions, ExportImageResult, ImageSource } from "./verbs/export-image.js";
import type { ExtractVerbOptions, ExtractVerbResult } from "./verbs/extract.js";
import type { Inspection } from "./verbs/inspect.js";
import type { ArchiveOrPlace } from "./verbs/open.js";
import type { OpenedArchive, PulledArchive, PullOptions } from "./verbs/pull.js";
import type { PushArchiveOptions, PushArchiveResult, PushOptions, PushResult } from "./verbs/push.js";
import type { ReadFilesOptions } from "./verbs/read-files.js";
import type { ReferrersVerbOptions } from "./verbs/referrers.js";
import type { SignResult, SignTarget, SignVerbOptions } from "./verbs/sign.js";
import type { SyncVerbOptions, SyncVerbResult } from "./verbs/sync.js";
import type { ListVerbOptions, LookUpOptions, ReadVerbOptions, VerbOptions } from "./verbs/verb-context.js";
import type { VerifyResult } from "./verbs/verify.js";

/** How a client reaches registries, which policies archives have to satisfy, and what it caches. */
export interface ClientOptions {
  /** Where credentials for registries come from, such as {@link defaultCredentials}. Default: {@link anonymous}. */
  readonly credentials?: CredentialSource | undefined;
  /**
   * Speak HTTP instead of HTTPS: to every registry, or to those `host[:port]`s and to no other. Default: only to a registry on
   * this machine, if what answers there speaks no TLS (see `HttpRegistryOptions`).
   */
  readonly plainHttp?: boolean | readonly string[] | undefined;
  /** Evaluated by every verb that reads an archive, before any of its files is read. Default none. */
  readonly policies?: readonly Policy[] | undefined;
  /**
   * Where tags, manifests, indexes, contents and blocks are cached: a directory, made when needed, and shared with other
   * processes; or an object with it, sizes, the time to live of tags, stores of your own, and which caches are on (without
   * a directory, those that have a store or are enabled there, in memory); or caches that {@link createCaches} made.
   * Default: the last 10 MB of manifests, in memory, and nothing else.
   */
  readonly cache?: CacheOption | undefined;
  /**
   * Never use the network. What the caches have is read, also by tags whose time to live has run out (see `onStale`);
   * everything else is an `Offline` error that says what is missing. OCI layouts and a given `registry` work as always.
   * Default false.
   */
  readonly offline?: boolean | undefined;
  /** Called when an offline client uses what a tag pointed to earlier, because it cannot ask where it points now. */
  readonly onStale?: ((stale: StaleReference) => void) | undefined;
  /**
   * What is special about one registry: how it is reached, and its mirrors. Asked once for each host that is reached over
   * HTTP, mirrors included, where `plainHttp` and `tls` are theirs. Default: nothing is.
   */
  readonly hosts?: ((host: string) => HostOptions | undefined) | undefined;
  /** Called for each mirror that did not serve, and was passed by. */
  readonly onSkippedMirror?: ((skipped: SkippedMirror) => void) | undefined;
  /** How HTTP is spoken: user agent, retries, trace, proxies, TLS. */
  readonly http?: Omit<HttpRegistryOptions, "authenticator" | "plainHttp"> | undefined;
  /**
   * A registry of your own, for tests and for programs that embed one: it answers for every host that a reference
   * names, and the HTTP options do not apply to it. Given as a function, it chooses a registry for each host; hosts for
   * which it returns undefined are reached over HTTP. The client does not close it. Tags and lists from it are cached
   * for this process only: another process cannot know that its registry is the same one.
   */
  readonly registry?: Registry | ((host: string) => Registry | undefined) | undefined;
}

/**
 * Archives in registries (`host/repository:tag`), in OCI layouts (`oci:PATH:tag`) and, for verbs that only read, on disk
 * (`file:DIRECTORY`, or the two files).
 *
 * Verbs throw `ClientError`, and the errors of the layers below as they are: each has a `code`. After an abort they throw
 * the signal's reason. All of them throw `InvalidArgument` for options of the wrong kind, `InvalidReference`, and `Closed`;
 * those that reach a registry `NotFound`, `Unauthorized`, `Forbidden`, `RateLimited`, `Network` and `TimedOut`; those that
 * read archives `PolicyViolation`, `InvalidManifest`, `AmbiguousReference`, `DigestMismatch` and `Offline`.
 */
export interface Client extends AsyncDisposable {
  /**
   * Archives a directory, or files that are given, and pushes it. What it makes is spooled to disk; memory stays flat.
   *
   * Also `TagsIncomplete`, `TemporaryDirectory`, and of the directory `FileSystem`, `FileChanged`, `TooManyFiles`,
   * `InvalidPath`.
   *
   * @example
   * ```ts
   * const { descriptor } = await client.push("ghcr.io/acme/site:v1", "./public", { tags: ["latest"] });
   * ```
   */
  push(reference: string, input: ArchiveInput, options?: PushOptions): Promise<PushResult>;
  /**
   * Pushes an archive that exists already, local or from elsewhere, streaming its data. Also `TagsIncomplete`, and
   * `InvalidArgument` for an archive that does not know the hash of its data.
   */
  pushArchive(reference: string, archive: Archive, options?: PushArchiveOptions): Promise<PushArchiveResult>;
  /**
   * Makes an OCI image with one layer of an archive, and pushes it. The layer is spooled to disk. Also `TagsIncomplete`,
   * `TemporaryDirectory`, `InvalidPath` for names that would delete files of an image, and what reading files throws.
   */
  exportImage(
    reference: string,
    archive: ImageSource,
    options?: ExportImageOptions,
  ): Promise<ExportImageResult>;
  /**
   * Opens an archive in a registry or layout: two requests, and one more for each file that is read. Also `SizeExceeded`
   * for an index over the limit, and what the archive's own `readFile` and `stream` throw later.
   *
   * @example
   * ```ts
   * await using archive = await client.pull("ghcr.io/acme/site:v1");
   * const config = await archive.readFile("config.json", "utf8");
   * ```
   */
  pull(reference: string, options?: PullOptions): Promise<PulledArchive>;
  /**
   * Opens an archive wherever it is: as `pull`, or on disk, where it has no manifest. A local archive together with
   * policies is `InvalidArgument`: it has no manifest that a policy could accept.
   *
   * @example
   * ```ts
   * await using archive = await client.open("file:./archive");
   * for (const { path, size } of archive.entries()) console.log(path, size);
   * ```
   */
  open(place: ArchivePlace, options?: PullOptions): Promise<OpenedArchive>;
  /**
   * Reads several files into memory, each verified by itself. Files that lie next to each other in the archive are
   * fetched with one request. Also `NotFound` with the paths that are not files, before anything is read;
   * `SizeExceeded`, `HashMismatch`, `Decompression`. An archive that was given open stays open.
   *
   * @example
   * ```ts
   * const files = await client.readFiles("ghcr.io/acme/site:v1", ["index.html", "css/site.css"]);
   * const page = new TextDecoder().decode(files.get("index.html"));
   * ```
   */
  readFiles(
    input: ArchiveOrPlace,
    paths: Iterable<string>,
    options?: ReadFilesOptions,
  ): Promise<ReadonlyMap<string, Uint8Array>>;
  /**
   * Writes the files of an archive, or some of them, below a directory: each appears under its name when it was verified,
   * and nothing outside of the directory is touched. Also `NotFound` of files, `DestinationConflict`, `FileSystem`,
   * `HashMismatch`, `Decompression`.
   *
   * @example
   * ```ts
   * await client.extract("ghcr.io/acme/site:v1", "./site", { directory: "css", overwrite: true });
   * ```
   */
  extract(input: ArchiveOrPlace, directory: string, options?: ExtractVerbOptions): Promise<ExtractVerbResult>;
  /** Only the manifest: one request. */
  fetch(reference: string, options?: ReadVerbOptions): Promise<ArchiveManifest>;
  /**
   * Describes an archive without reading its files: two requests. The archive in the result is the caller's to close.
   */
  inspect(place: ArchivePlace, options?: PullOptions): Promise<Inspection>;
  /**
   * Points a tag at what another reference of the same repository names, or at a digest there, unless a policy refuses it.
   *
   * @example
   * ```ts
   * await client.tag("ghcr.io/acme/site:v1", "ghcr.io/acme/site:latest");
   * await client.tag("ghcr.io/acme/site:latest", descriptor.digest);
   * ```
   */
  tag(source: string, destination: string, options?: ReadVerbOptions): Promise<Descriptor>;
  /** What a reference points to: at most one request. */
  resolve(reference: string, options?: LookUpOptions): Promise<Descriptor>;
  /** The tags of a repository, page by page as they are asked for. */
  tags(repository: string, options?: ListVerbOptions): AsyncIterable<string>;
  /**
   * Copies an artifact and what refers to it, such as signatures, between registries and layouts. Policies are
   * evaluated first. Also `TagsIncomplete`.
   */
  copy(source: string, destination: string, options?: CopyVerbOptions): Promise<CopyResult>;
  /** Deletes a tag, or a manifest by its digest with all its tags. Also `Unsupported`. */
  delete(reference: string, options?: VerbOptions): Promise<void>;
  /**
   * Which files were added, removed and changed between two archives, by their indexes: no file is read. With `stat` also how
   * many bytes a sync from one to the other fetches.
   */
  diff(before: ArchiveOrPlace, after: ArchiveOrPlace, options?: DiffVerbOptions): Promise<ArchiveDiff>;
  /** How a directory differs from an archive: nothing of the archive's data is read. Also `FileSystem`, `FileChanged`. */
  diffDirectory(
    input: ArchiveOrPlace,
    directory: string,
    options?: DiffDirectoryVerbOptions,
  ): Promise<DirectoryDiff>;
  /**
   * Brings a directory to the state of an archive, fetching only what is missing or different: of large files whose chunks
   * the index describes, only the chunks that the directory does not have. Errors as of `extract` and `diffDirectory`.
   *
   * @example
   * ```ts
   * const { written, deleted } = await client.sync("ghcr.io/acme/site:v1", "./site", { delete: true });
   * ```
   */
  sync(input: ArchiveOrPlace, directory: string, options?: SyncVerbOptions): Promise<SyncVerbResult>;
  /**
   * Signs what was pushed, or what a reference names, and attaches the signature. Signers are in `@blob/sigstore-policy`,
   * whose errors pass through. Also `ReferrersUnsupported`.
   *
   * @example
   * ```ts
   * const pushed = await client.push("ghcr.io/acme/site:v1", "./public");
   * await client.sign(pushed, signer);
   * ```
   */
  sign(target: SignTarget, signer: Signer, options?: SignVerbOptions): Promise<SignResult>;
  /** Attaches a signed statement: how it was built, what it was tested for. Errors as of `sign`. */
  attest(
    target: SignTarget,
    signer: Signer,
    claim: StatementClaim,
    options?: SignVerbOptions,
  ): Promise<SignResult>;
  /** What refers to a manifest, such as signatures: listed, not verified. */
  referrers(reference: string, options?: ReferrersVerbOptions): Promise<readonly Descriptor[]>;
  /**
   * Evaluates all policies, the client's and the caller's, about a manifest, and returns what each of them says and by
   * which evidence. A refusal is a result and not an error. Without any policy it is `InvalidArgument`, because nothing
   * would have been verified.
   *
   * @example
   * ```ts
   * const { ok, verdicts } = await client.verify("ghcr.io/acme/site:v1", { policies: [policy] });
   * ```
   */
  verify(reference: string, options?: ReadVerbOptions): Promise<VerifyResult>;
  /** The caches of this client, for their statistics. */
  readonly caches: Caches;
  /**
   * Stops what is under way, waits until it has stopped, and closes the connections. Running and later verbs, reads of
   * archives that were opened, and lists that are being iterated throw `Closed`, for OCI layouts too. What was written
   * before stays written, and look-ups in open archives go on working. May be called more than once.
   */
  close(): Promise<void>;
}
