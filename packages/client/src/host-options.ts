import type { HttpMirrorOptions, HttpRegistryOptions, TlsOptions } from "@blob/registry";

/** What is special about one registry. */
export interface HostOptions extends Pick<HttpRegistryOptions, "plainHttp" | "tls"> {
  /** Read from these first, in this order: see `withMirrors` of `@blob/registry`. */
  readonly mirrors?: readonly HttpMirrorOptions[] | undefined;
  /** Why a repository must not be reached; undefined for one that may. The client then throws `InvalidArgument`. */
  readonly blocked?: ((repository: string) => string | undefined) | undefined;
}

/** Authorities add up; who we are, and leniency, is what the more special one says. */
export function joinedTls(common: TlsOptions | undefined, own: TlsOptions | undefined): TlsOptions {
  const ca = [common?.ca, own?.ca].filter((one) => one !== undefined && one !== "");
  return {
    ...common,
    ...(ca.length === 0 ? {} : { ca: ca.join("\n") }),
    ...(own?.certificate === undefined ? {} : { certificate: own.certificate }),
    ...(own?.insecure === undefined ? {} : { insecure: own.insecure }),
  };
}

/** For a mirror: the authorities of all, and nothing else that was meant for registries. */
export function mirrorTls(common: TlsOptions | undefined, own: TlsOptions | undefined): TlsOptions {
  return joinedTls(common?.ca === undefined ? undefined : { ca: common.ca }, own);
}
