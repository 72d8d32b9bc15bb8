import type { Registry } from "@blob/registry";
import { ClientError } from "../errors.js";

/**
 * Stands for a registry while the client is offline: every call throws an `Offline` error that says what is missing.
 */
export function createOfflineRegistry(host: string): Registry {
  const missing = (what: string, reference?: string, digest?: string): ClientError =>
    new ClientError("Offline", `${host}: the client is offline, and ${what}`, { reference, digest });
  const name = (repository: string, reference: string): string =>
    `${host}/${repository}${reference.includes(":") ? "@" : ":"}${reference}`;
  const refuse =
    (what: string) =>
    (repository: string): Promise<never> =>
      Promise.reject(missing(what, `${host}/${repository}`));
  return {
    id: host,
    resolve: async (repository, reference) => {
      throw missing(`no cache knows what ${name(repository, reference)} is`, name(repository, reference));
    },
    manifest: async (repository, reference) => {
      const full = name(repository, reference);
      throw missing(`the manifest ${full} is in no cache; pull it once with a network`, full);
    },
    readBlob: (repository, { digest, size }, { range } = {}) => {
      const part =
        range === undefined ? "" : `, at least not its ${range.length} bytes at ${range.offset} of ${size}`;
      return failing(missing(`the blob ${digest} is in no cache${part}`, `${host}/${repository}`, digest));
    },
    referrers: (repository, digest) =>
      failing(
        missing(
          `what refers to ${name(repository, digest)} is in no cache`,
          name(repository, digest),
          digest,
        ),
      ),
    tags: (repository) => failing(missing("the list of tags needs a network", `${host}/${repository}`)),
    statBlob: refuse("looking for a blob needs a network"),
    pushBlob: refuse("pushing needs a network"),
    pushManifest: refuse("pushing needs a network"),
    deleteManifest: refuse("deleting needs a network"),
    deleteBlob: refuse("deleting needs a network"),
  };
}

function failing(reason: ClientError): AsyncIterable<never> {
  return { [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(reason) }) };
}
