import type { Authenticator } from "@blob/auth";
import type { Caches } from "@blob/cache";
import type { HttpRegistry, HttpRegistryOptions, Registry } from "@blob/registry";
import { createHttpRegistry, createLayoutRegistry } from "@blob/registry";
import { noCaches, withoutReading, withoutRefs } from "./caching/cache-views.js";
import type { StaleReference } from "./caching/caching-registry.js";
import { withManifestCaches } from "./caching/caching-registry.js";
import { withinLifetime } from "./lifetime/closable-registry.js";
import type { Lifetime } from "./lifetime/lifetime.js";
import type { Location } from "./location.js";
import { createOfflineRegistry } from "./caching/offline-registry.js";
import type { SharedReads } from "./caching/shared-reads.js";
import { ownTrustDomain, trustDomainOf } from "./caching/trust-domain.js";

export interface RegistriesOptions {
  readonly lifetime: Lifetime;
  readonly authenticator: Authenticator;
  readonly caches: Caches;
  readonly shared: SharedReads;
  readonly offline: boolean;
  readonly onStale: ((stale: StaleReference) => void) | undefined;
  readonly plainHttp: (host: string) => boolean;
  readonly http: Omit<HttpRegistryOptions, "authenticator" | "plainHttp">;
  /** A registry of the caller's that answers for a host, instead of one over HTTP. */
  readonly given: (host: string) => Registry | undefined;
}

export interface OpenRegistryOptions {
  /** Read nothing from a cache. What is fetched is still put into it. */
  readonly skipCache?: boolean | undefined;
  /** Ask the registry where tags point, even if the cache knows: for verbs that write what they have read. */
  readonly askForTags?: boolean | undefined;
}

interface Reached {
  readonly registry: Registry;
  /**
   * Names how the registry is reached, and so who answers for it. Cache keys of what no digest verifies begin with it.
   * See `trustDomainOf`.
   */
  readonly trustDomain: string;
}

/** What a verb works with. */
export interface OpenedRegistry extends Reached {
  /** For verbs to cache other things, such as indexes. Empty for a layout, whose files are on this machine already. */
  readonly caches: Caches;
}

/** The registries that one client talks to: made when they are first needed, then kept, with their connections. */
export interface Registries {
  /** @throws ClientError `Closed` */
  open(location: Location, options?: OpenRegistryOptions): OpenedRegistry;
  close(): Promise<void>;
}

export function createRegistries(options: RegistriesOptions): Registries {
  const { lifetime, authenticator, shared, offline, onStale, plainHttp, http, given } = options;
  const overHttp = new Map<string, HttpRegistry>();

  function connect(host: string): Reached {
    const own = given(host);
    // Wrapped first: decorators copy methods with a spread, which loses those of a class. This wrapper writes all out.
    if (own !== undefined)
      return { registry: withinLifetime(own, lifetime), trustDomain: ownTrustDomain(host, own) };
    // Also when offline: what was cached over another way to the host (say, plain HTTP) must not be used for this one.
    const trustDomain = trustDomainOf(host, { ...http, plainHttp: plainHttp(host) });
    return { registry: overHttpOrNot(host), trustDomain };
  }

  function overHttpOrNot(host: string): Registry {
    if (offline) return createOfflineRegistry(host);
    const known = overHttp.get(host);
    if (known !== undefined) return known;
    const registry = createHttpRegistry(host, { ...http, authenticator, plainHttp: plainHttp(host) });
    overHttp.set(host, registry);
    return registry;
  }

  return {
    open({ place }, { skipCache = false, askForTags = false } = {}) {
      // A connection opened after the client was closed would never be closed.
      lifetime.check();
      if (place.kind === "layout") {
        const registry = createLayoutRegistry(place.path);
        return { registry, trustDomain: registry.id, caches: noCaches };
      }
      const caches = skipCache ? withoutReading(options.caches) : options.caches;
      const seen = askForTags ? withoutRefs(caches) : caches;
      // Concurrent calls share one request only if they agree about using the cache.
      const scope = `${skipCache ? "skip" : ""}${askForTags ? "ask" : ""}`;
      const { registry, trustDomain } = connect(place.host);
      const caching = { trustDomain, caches: seen, shared, scope, onStale };
      return { registry: withManifestCaches(registry, caching), trustDomain, caches };
    },
    async close() {
      const registries = [...overHttp.values()];
      overHttp.clear();
      const closed = await Promise.allSettled(registries.map((registry) => registry.close()));
      await options.caches.flush();
      for (const one of closed) if (one.status === "rejected") throw one.reason;
    },
  };
}
