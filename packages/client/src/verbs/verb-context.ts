import type { LeftOut, Policy } from "@blob/registry";
import type { SharedReads } from "../caching/shared-reads.js";
import type { Lifetime } from "../lifetime/lifetime.js";
import type { Registries } from "../registries.js";

/** What every verb works with. Verbs are functions of it; `createClient` binds them. */
export interface VerbContext {
  /** Verbs run within; what they hand out to be used later checks it. */
  readonly lifetime: Lifetime;
  readonly registries: Registries;
  /** Lets verbs that read the same at the same time make one request. */
  readonly shared: SharedReads;
  /** Those of the client, evaluated on every verb that reads. */
  readonly policies: readonly Policy[];
}

/** Options of every verb. */
export interface VerbOptions {
  /** Stops the verb; it then throws the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/** Options of verbs that list something. */
export interface ListVerbOptions extends VerbOptions {
  /**
   * Told about each element of a list (of tags, of referrers, of an image index) that cannot be used: it was left out, and
   * the verb goes on with the others. The verb fails with what it throws.
   */
  readonly onLeftOut?: ((what: LeftOut) => void) | undefined;
}

/** Options of verbs that look up what a reference names. */
export interface LookUpOptions extends VerbOptions {
  /** Take nothing out of a cache; what is read is kept all the same. Default false. */
  readonly skipCache?: boolean | undefined;
}

/** Options of every verb that reads an archive, or what else a reference names. */
export interface ReadVerbOptions extends LookUpOptions, ListVerbOptions {
  /** To be satisfied besides the client's own policies. */
  readonly policies?: readonly Policy[] | undefined;
}
