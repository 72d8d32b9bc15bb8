import type { HostOptions } from "@blob/client";

/** What is special about a registry, and who says so: `options` is for a client, `sources` for people. */
export interface HostSettings {
  readonly options: HostOptions;
  /** Files and keys, most special first. */
  readonly sources: readonly string[];
}

/** Looks up what is special about a registry. Reads files when it is asked for the first time. */
export type FindHostSettings = (host: string) => HostSettings;
