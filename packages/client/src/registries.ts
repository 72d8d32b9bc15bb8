import type { Caches } from "@blob/cache";
import type { Registry } from "@blob/registry";
import type { Location } from "./location.js";

export interface OpenRegistryOptions {
  /** Take nothing out of a cache. What is read is kept all the same. */
  readonly skipCache?: boolean | undefined;
  /** Ask the registry where tags point, for verbs that write what they have read. */
  readonly askForTags?: boolean | undefined;
}

export interface Reached {
  readonly registry: Registry;
  /** Who vouches for what it says: begins the keys of what no digest verifies. See `trustDomainOf`. */
  readonly trustDomain: string;
}

/** What a verb works with. */
export interface OpenedRegistry extends Reached {
  /** For what the registry itself does not remember: a layout's are empty, its files are here already. */
  readonly caches: Caches;
}

/** The registries that one client talks to: made when they are first needed, then kept, with their connections. */
export interface Registries {
  /** @throws ClientError `Closed` */
  open(location: Location, options?: OpenRegistryOptions): OpenedRegistry;
  close(): Promise<void>;
}
