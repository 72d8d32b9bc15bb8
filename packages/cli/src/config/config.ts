import type { OutputFormat } from "../output/output.js";

export const cacheNames = ["content", "blocks", "refs", "manifests", "indexes"] as const;
export type CacheName = (typeof cacheNames)[number];

/** What the configuration file says. Whatever it leaves out is undefined. */
export interface Config {
  readonly output?: OutputFormat;
  readonly compression?: "none" | "zstd";
  /** How large files are cut into chunks. */
  readonly chunking?: "fixed" | "content" | "none";
  readonly plain_http?: boolean;
  /** As many `-v`. */
  readonly verbose?: number;
  readonly quiet?: boolean;
  readonly no_color?: boolean;
  readonly cache?: CacheConfig;
  /** What is special about single registries, by `host` or `host:port`. */
  readonly registries?: Readonly<Record<string, RegistryConfig>>;
  /** Short names for references. */
  readonly aliases?: Readonly<Record<string, string>>;
  readonly policies?: readonly PolicyRule[];
  /** Whether what no rule is about may be read. Default `allow`. */
  readonly policy_default?: "allow" | "refuse";
}

/** How one registry is reached. Files are relative to the configuration's. */
export interface RegistryConfig {
  readonly plain_http?: boolean;
  /** Authorities to trust, too: a PEM file. */
  readonly ca_file?: string;
  readonly insecure?: boolean;
  /** Who we are: PEM files, one with `client_key`. */
  readonly client_cert?: string;
  readonly client_key?: string;
  /** Read from these first: `host`, `host:port/prefix`, `http://host`. */
  readonly mirrors?: readonly string[];
  /** Believe the mirrors where tags point. Default false. */
  readonly mirror_tags?: boolean;
  /** Variables that have the user name and the password. */
  readonly username_from?: string;
  readonly password_from?: string;
}

export interface CacheConfig extends Readonly<Partial<Record<CacheName, { readonly enabled?: boolean }>>> {
  readonly enabled?: boolean;
  readonly dir?: string;
  /** Bytes, as in `512MiB`. */
  readonly max_size?: number;
  /** Milliseconds, written as in `15m`. */
  readonly ref_ttl?: number;
}

/** A policy for the references that `match` is found in. */
export interface PolicyRule {
  /** A regular expression that is searched for in the reference, in whatever way it is written. */
  readonly match: string;
  /** As a policy file holds it; `@blob/sigstore-policy` checks it. */
  readonly policy: Readonly<Record<string, unknown>>;
  /** Where the rule stands, for messages. */
  readonly place: string;
}

/** The configuration of one run, and where it came from. */
export interface LoadedConfig {
  /** Undefined when nobody named one and there is no home directory. */
  readonly file: string | undefined;
  /** False when there is no such file: everything has its default. */
  readonly exists: boolean;
  readonly config: Config;
}
