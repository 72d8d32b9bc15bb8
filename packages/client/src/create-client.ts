import type { Authenticator } from "@blob/auth";
import { anonymous, createAuthenticator } from "@blob/auth";
import type { Caches } from "@blob/cache";
import type {
  HttpMirror,
  HttpMirrorOptions,
  HttpRegistryOptions,
  Registry,
  SkippedMirror,
} from "@blob/registry";
import { createHttpMirror, createHttpRegistry, createLayoutRegistry, withMirrors } from "@blob/registry";
import type { StaleReference } from "./caching/caching-registry.js";
import { withManifestCaches } from "./caching/caching-registry.js";
import { cachesOf } from "./caching/client-caches.js";
import type { SharedReads } from "./caching/shared-reads.js";
import { createSharedReads } from "./caching/shared-reads.js";
import { checkClientOptions, checkVerbOptions } from "./checked-options.js";
import type { Lifetime } from "./lifetime/lifetime.js";
import { createLifetime } from "./lifetime/lifetime.js";
import { fetchManifest, pull } from "./verbs/pull.js";
import { tags } from "./verbs/tags.js";
import type { VerbContext, VerbOptions } from "./verbs/verb-context.js";
import { noCaches, withoutReading, withoutRefs } from "./caching/cache-views.js";
import { withinLifetime } from "./lifetime/closable-registry.js";
import { createOfflineRegistry } from "./caching/offline-registry.js";
import { ownTrustDomain, trustDomainOf } from "./caching/trust-domain.js";
import type { Client, ClientOptions } from "./client.js";
import { ClientError } from "./errors.js";
import type { HostOptions } from "./host-options.js";
import { joinedTls, mirrorTls } from "./host-options.js";
import type { Reached, Registries } from "./registries.js";

/**
 * A client with its own connections, tokens and caches. It does nothing until a verb is called. `await using` closes it.
 *
 * @example
 * ```ts
 * await using client = createClient({ credentials: defaultCredentials(), cache: "/var/cache/site" });
 * const text = await (await client.pull("ghcr.io/acme/site:v1")).readFile("index.html", "utf8");
 * ```
 *
 * @throws ClientError `InvalidArgument` that names the option.
 */
export function createClient(options: ClientOptions = {}): Client {
  checkClientOptions(options);
  const { plainHttp, policies = [], registry } = options;
  const caches = cachesOf(options.cache);
  const shared = createSharedReads();
  const lifetime = createLifetime();
  const registries = createRegistries({
    lifetime,
    authenticator: createAuthenticator({ credentials: options.credentials ?? anonymous }),
    caches,
    shared,
    offline: options.offline ?? false,
    onStale: options.onStale,
    plainHttp: (host) => (typeof plainHttp === "object" ? plainHttp.includes(host) : plainHttp),
    http: options.http ?? {},
    hosts: options.hosts ?? (() => undefined),
    onSkippedMirror: options.onSkippedMirror,
    given: typeof registry === "function" ? registry : () => registry,
  });
  const context: VerbContext = { lifetime, registries, shared, policies };
  let closed: Promise<void> | undefined;
  const close = (): Promise<void> => (closed ??= lifetime.end().then(() => registries.close()));

  /** Does a verb within the lifetime, and not before its options were looked at. */
  async function run<O extends VerbOptions, T>(
    name: keyof Client,
    given: O,
    verb: (its: O & { readonly signal: AbortSignal }) => Promise<T>,
  ): Promise<T> {
    checkVerbOptions(String(name), given);
    return lifetime.run(given.signal, (signal) => verb({ ...given, signal }));
  }

  return {
    push: (reference, directory, verb = {}) =>
      run("push", verb, async (its) =>
        (await import("./verbs/push.js")).push(context, reference, directory, its),
      ),
    pushArchive: (reference, archive, verb = {}) =>
      run("pushArchive", verb, async (its) =>
        (await import("./verbs/push.js")).pushArchive(context, reference, archive, its),
      ),
    exportImage: (reference, archive, verb = {}) =>
      run("exportImage", verb, async (its) =>
        (await import("./verbs/export-image.js")).exportImage(context, reference, archive, its),
      ),
    pull: (reference, verb = {}) => run("pull", verb, (its) => pull(context, reference, its)),
    open: (place, verb = {}) =>
      run("open", verb, async (its) => (await import("./verbs/open.js")).open(context, place, its)),
    readFiles: (input, paths, verb = {}) =>
      run("readFiles", verb, async (its) =>
        (await import("./verbs/read-files.js")).readFiles(context, input, paths, its),
      ),
    extract: (input, directory, verb = {}) =>
      run("extract", verb, async (its) =>
        (await import("./verbs/extract.js")).extract(context, input, directory, its),
      ),
    fetch: (reference, verb = {}) =>
      run("fetch", verb, async (its) => (await fetchManifest(context, reference, its)).manifest),
    inspect: (place, verb = {}) =>
      run("inspect", verb, async (its) => (await import("./verbs/inspect.js")).inspect(context, place, its)),
    tag: (source, destination, verb = {}) =>
      run("tag", verb, async (its) =>
        (await import("./verbs/tag.js")).tag(context, source, destination, its),
      ),
    resolve: (reference, verb = {}) =>
      run("resolve", verb, async (its) =>
        (await import("./verbs/resolve.js")).resolve(context, reference, its),
      ),
    tags(repository, verb = {}) {
      checkVerbOptions("tags", verb);
      return tags(context, repository, verb);
    },
    copy: (source, destination, verb = {}) =>
      run("copy", verb, async (its) =>
        (await import("./verbs/copy.js")).copy(context, source, destination, its),
      ),
    delete: (reference, verb = {}) =>
      run("delete", verb, async (its) =>
        (await import("./verbs/delete.js")).deleteReference(context, reference, its),
      ),
    diff: (before, after, verb = {}) =>
      run("diff", verb, async (its) => (await import("./verbs/diff.js")).diff(context, before, after, its)),
    diffDirectory: (input, directory, verb = {}) =>
      run("diffDirectory", verb, async (its) =>
        (await import("./verbs/diff.js")).diffDirectory(context, input, directory, its),
      ),
    sync: (input, directory, verb = {}) =>
      run("sync", verb, async (its) =>
        (await import("./verbs/sync.js")).sync(context, input, directory, its),
      ),
    sign: (target, signer, verb = {}) =>
      run("sign", verb, async (its) => (await import("./verbs/sign.js")).sign(context, target, signer, its)),
    attest: (target, signer, claim, verb = {}) =>
      run("attest", verb, async (its) =>
        (await import("./verbs/sign.js")).attest(context, target, signer, claim, its),
      ),
    referrers: (reference, verb = {}) =>
      run("referrers", verb, async (its) =>
        (await import("./verbs/referrers.js")).referrers(context, reference, its),
      ),
    verify: (reference, verb = {}) =>
      run("verify", verb, async (its) => (await import("./verbs/verify.js")).verify(context, reference, its)),
    caches,
    close,
    [Symbol.asyncDispose]: close,
  };
}

interface RegistriesOptions {
  readonly lifetime: Lifetime;
  readonly authenticator: Authenticator;
  readonly caches: Caches;
  readonly shared: SharedReads;
  readonly offline: boolean;
  readonly onStale: ((stale: StaleReference) => void) | undefined;
  readonly plainHttp: (host: string) => boolean | undefined;
  readonly http: Omit<HttpRegistryOptions, "authenticator" | "plainHttp">;
  readonly hosts: (host: string) => HostOptions | undefined;
  readonly onSkippedMirror: ((skipped: SkippedMirror) => void) | undefined;
  /** A registry of the caller's for a host, in place of one over HTTP. */
  readonly given: (host: string) => Registry | undefined;
}

/**
 * The one place where the registry of a client is put together. Around the one that answers, over HTTP (`@blob/registry`) or
 * the caller's, are decorators with the same interface, which add nothing to the path of a call: `withinLifetime` ends calls
 * with the client, `withManifestCaches` answers from caches.
 */
function createRegistries(options: RegistriesOptions): Registries {
  const { lifetime, authenticator, shared, offline, onStale, plainHttp, http, given } = options;
  const overHttp = new Map<string, Reached>();
  const closing: (() => Promise<void>)[] = [];
  const known = new Map<string, HostOptions>();

  function hostOptions(host: string): HostOptions {
    const found = known.get(host) ?? options.hosts(host) ?? {};
    known.set(host, found);
    return found;
  }

  function connect(host: string): Reached {
    const own = given(host);
    // It may be an object of any class: what wraps it from here on copies methods.
    if (own !== undefined)
      return { registry: withinLifetime(own, lifetime), trustDomain: ownTrustDomain(host, own) };
    const reached = overHttp.get(host) ?? connectOverHttp(host);
    overHttp.set(host, reached);
    return reached;
  }

  function connectOverHttp(host: string): Reached {
    const its = hostOptions(host);
    const { mirrors = [] } = its;
    const way = { ...http, plainHttp: its.plainHttp ?? plainHttp(host), tls: joinedTls(http.tls, its.tls) };
    // Offline, too: what another way has brought is not what this one would.
    const trustDomain = trustDomainOf(host, { ...way, mirrors });
    if (offline) return { registry: createOfflineRegistry(host), trustDomain };
    const registry = createHttpRegistry(host, { ...way, authenticator });
    closing.push(() => registry.close());
    if (mirrors.length === 0) return { registry, trustDomain };
    const mirrored = withMirrors(registry, mirrors.map(connectMirror), {
      onSkipped: options.onSkippedMirror,
    });
    return { registry: mirrored, trustDomain, distrust: (...blob) => mirrored.distrust(...blob) };
  }

  function connectMirror(mirror: HttpMirrorOptions): HttpMirror {
    const its = hostOptions(mirror.host);
    const tls = joinedTls(mirrorTls(http.tls, its.tls), mirror.tls);
    const way = { plainHttp: mirror.plainHttp ?? its.plainHttp ?? plainHttp(mirror.host), tls };
    const made = createHttpMirror({ ...mirror, ...way }, { ...http, authenticator });
    closing.push(() => made.close());
    return made;
  }

  return {
    open({ place, repository }, { skipCache = false, askForTags = false } = {}) {
      // Connections that are made after the end would stay.
      lifetime.check();
      if (place.kind === "layout") {
        const registry = createLayoutRegistry(place.path);
        return { registry, trustDomain: registry.id, caches: noCaches };
      }
      const caches = skipCache ? withoutReading(options.caches) : options.caches;
      const seen = askForTags ? withoutRefs(caches) : caches;
      // Those who skip a cache must not join a flight of those who do not.
      const scope = `${skipCache ? "skip" : ""}${askForTags ? "ask" : ""}`;
      const why = hostOptions(place.host).blocked?.(repository);
      if (why !== undefined) throw new ClientError("InvalidArgument", why);
      const { registry, trustDomain, distrust } = connect(place.host);
      const caching = { trustDomain, caches: seen, shared, scope, onStale };
      return { registry: withManifestCaches(registry, caching), trustDomain, caches, distrust };
    },
    async close() {
      overHttp.clear();
      const closed = await Promise.allSettled(closing.splice(0).map((close) => close()));
      await options.caches.flush();
      for (const one of closed) if (one.status === "rejected") throw one.reason;
    },
  };
}
