import type { Authenticator } from "@blob/auth";
import type { ManifestCache } from "@blob/cache";
import type { HttpRegistry, HttpRegistryOptions, Registry } from "@blob/registry";
import { createHttpRegistry, createLayoutRegistry } from "@blob/registry";
import type { Location } from "./location.js";
import { withManifestCache } from "./manifest-caching.js";

export interface RegistriesOptions {
  readonly authenticator: Authenticator;
  readonly manifestCache: ManifestCache;
  readonly plainHttp: (host: string) => boolean;
  readonly http: Omit<HttpRegistryOptions, "authenticator" | "plainHttp">;
}

/** The registries that one client talks to: made when they are first needed, then kept, with their connections. */
export interface Registries {
  open(location: Location): Registry;
  close(): Promise<void>;
}

export function createRegistries(options: RegistriesOptions): Registries {
  const { authenticator, manifestCache, plainHttp, http } = options;
  const overHttp = new Map<string, HttpRegistry>();
  return {
    open({ place }) {
      if (place.kind === "layout") return createLayoutRegistry(place.path);
      let registry = overHttp.get(place.host);
      if (registry === undefined) {
        registry = createHttpRegistry(place.host, {
          ...http,
          authenticator,
          plainHttp: plainHttp(place.host),
        });
        overHttp.set(place.host, registry);
      }
      return withManifestCache(registry, manifestCache);
    },
    async close() {
      const registries = [...overHttp.values()];
      overHttp.clear();
      await Promise.all(registries.map((registry) => registry.close()));
    },
  };
}
