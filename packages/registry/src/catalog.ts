import type { CallOptions, Registry } from "./registry.js";

/** A registry that knows which repositories it has. */
export interface CatalogRegistry extends Registry {
  /** The names of all repositories, in any order. Each call looks anew. */
  repositories(options?: CallOptions): AsyncIterable<string>;
}
