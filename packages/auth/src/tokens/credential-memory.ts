import { checkCredential } from "./authorization-value.js";
import type { CredentialSource, CredentialTarget, FoundCredential } from "../credential.js";
import { createSingleFlight } from "@blob/core/concurrency";

/** What was found for a target; the object itself stands for one look-up. */
export interface LookUp {
  readonly found: FoundCredential | undefined;
}

/** Remembers what the sources said until it turns out to be wrong, so that files and helpers are asked once. */
export interface CredentialMemory {
  find(target: CredentialTarget, options: { readonly signal?: AbortSignal | undefined }): Promise<LookUp>;
  /** Makes the next `find` ask the sources again, unless somebody already did since this look-up. */
  forget(target: CredentialTarget, lookUp: LookUp): void;
}

const maxEntries = 1000;

export function createCredentialMemory(source: CredentialSource): CredentialMemory {
  const known = new Map<string, LookUp>();
  const flights = createSingleFlight<LookUp>();

  async function ask(target: CredentialTarget, signal: AbortSignal): Promise<LookUp> {
    const found = await source(target, { signal });
    if (found !== undefined) checkCredential(found.credential, found.source, target.host);
    return { found };
  }

  return {
    async find({ host, repository }, options) {
      const target = { host, repository };
      const key = targetKey(target);
      const remembered = known.get(key);
      if (remembered !== undefined) return remembered;
      const lookUp = await flights.join(key, (signal) => ask(target, signal), options);
      const [oldest] = known.keys();
      if (known.size >= maxEntries && oldest !== undefined) known.delete(oldest);
      known.set(key, lookUp);
      return lookUp;
    },
    forget(target, lookUp) {
      const key = targetKey(target);
      if (known.get(key) === lookUp) known.delete(key);
    },
  };
}

function targetKey({ host, repository = "" }: CredentialTarget): string {
  return `${host}\n${repository}`;
}
