import type { LeftOut, Policy } from "@blob/registry";
import type { SharedReads } from "../caching/shared-reads.js";
import type { Lifetime } from "../lifetime/lifetime.js";
import type { Registries } from "../registries.js";

/** What all verbs work with. A verb is a function whose first argument this is; `createClient` binds it. */
export interface VerbContext {
  /** Verbs run within the client's lifetime. What they return to be used later, such as an archive, checks it. */
  readonly lifetime: Lifetime;
  readonly registries: Registries;
  /** Lets concurrent verbs that read the same make one request. */
  readonly shared: SharedReads;
  /** The client's own policies, evaluated by every verb that reads. */
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
   * Called for each element of a list (of tags, of referrers, of an image index) that is malformed: it is left out, and
   * the verb goes on with the others. If it throws, the verb fails with that.
   */
  readonly onLeftOut?: ((what: LeftOut) => void) | undefined;
}

/** Options of verbs that look up what a reference names. */
export interface LookUpOptions extends VerbOptions {
  /** Read nothing from a cache; what is fetched is still put into it. Default false. */
  readonly skipCache?: boolean | undefined;
}

/** Options of every verb that reads an archive, or something else that a reference names. */
export interface ReadVerbOptions extends LookUpOptions, ListVerbOptions {
  /** Policies to satisfy in addition to the client's own. */
  readonly policies?: readonly Policy[] | undefined;
}
