import type { Caches } from "@blob/cache";
import type { Registry } from "@blob/registry";
import type { Location } from "./location.js";

export interface OpenRegistryOptions {
  /** Read nothing from a cache. What is fetched is still put into it. */
  readonly skipCache?: boolean | undefined;
  /** Ask the registry where tags point, even if the cache knows: for verbs that write what they have read. */
  readonly askForTags?: boolean | undefined;
}

export interface Reached {
  readonly registry: Registry;
  /**
   * Names how the registry is reached, and so who answers for it. Cache keys of what no digest verifies begin with it.
   * See `trustDomainOf`.
   */
  readonly trustDomain: string;
  /**
   * Says that bytes of a blob were wrong, as whoever knows their hashes found out. True when they came from a mirror, which is
   * not asked any more: reading again may give other bytes. Undefined for a registry without mirrors.
   */
  readonly distrust?: ((repository: string, digest: string) => boolean) | undefined;
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
