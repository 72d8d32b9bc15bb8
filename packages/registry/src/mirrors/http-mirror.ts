import type { HttpRegistryOptions } from "../http-registry.js";
import { createHttpRegistry } from "../http-registry.js";
import { isRepository } from "../reference.js";
import type { Mirror } from "./mirror.js";

/** Where a mirror is, what it is for, and how it is reached. */
export interface HttpMirrorOptions {
  /** `host` or `host:port`. Credentials are looked up for it: those of the registry itself are never sent to it. */
  readonly host: string;
  /** What the mirror puts before the names of repositories, as in `dockerhub` for `dockerhub/library/alpine`. */
  readonly prefix?: string | undefined;
  /** As of {@link Mirror}; told the name that the registry has for a repository. Default: with `prefix` in front. */
  readonly repository?: Mirror["repository"];
  /** As of {@link Mirror}. Default true. */
  readonly digests?: boolean | undefined;
  /** As of {@link Mirror}. Default false. */
  readonly tags?: boolean | undefined;
  /** See `HttpRegistryOptions`. */
  readonly plainHttp?: boolean | undefined;
  /** Whom to trust, and who we are, for this mirror alone. */
  readonly tls?: HttpRegistryOptions["tls"];
  /** See `HttpRegistryOptions`. */
  readonly namespace?: string | undefined;
}

/** A mirror with connections of its own. */
export interface HttpMirror extends Mirror {
  /** Closes the connections. */
  close(): Promise<void>;
}

/** There is another place to ask: none of these is worth the patience that a registry gets. */
const impatient = {
  connectMs: 3000,
  stallMs: 15_000,
  headersMs: 30_000,
  leastBytesPerSecond: 4096,
  rateWindowMs: 15_000,
};

/**
 * A mirror over HTTP. It is tried once for each request, and given up after seconds where a registry would be after minutes;
 * `timeouts` of `http` are added to that.
 *
 * @param http How registries are reached: what is about one of them alone (`tls`, `plainHttp`) is not taken from there.
 * @throws RegistryError `InvalidReference`
 */
export function createHttpMirror(options: HttpMirrorOptions, http: HttpRegistryOptions = {}): HttpMirror {
  const { host, prefix, digests, tags, plainHttp, tls, namespace } = options;
  const registry = createHttpRegistry(host, {
    ...http,
    plainHttp,
    tls,
    namespace,
    retry: { ...http.retry, retries: 0 },
    timeouts: { ...impatient, ...http.timeouts },
  });
  const withPrefix =
    prefix === undefined || prefix === "" ? undefined : (name: string): string => `${prefix}/${name}`;
  const named = options.repository ?? withPrefix;
  return {
    name: prefix === undefined || prefix === "" ? host : `${host}/${prefix}`,
    registry,
    // A prefix may be anything, and with a long one a name may be too long.
    ...(named === undefined ? {} : { repository: (repository) => valid(named(repository)) }),
    digests,
    tags,
    close: () => registry.close(),
  };
}

function valid(name: string | undefined): string | undefined {
  return name !== undefined && isRepository(name) ? name : undefined;
}
