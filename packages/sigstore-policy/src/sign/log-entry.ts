import type { LogEntryJson } from "../bundle/bundle-json.js";

/** An entry as a log has described it, whichever its API. Numbers are as they were found: nothing is checked yet. */
export interface DescribedEntry {
  readonly kindVersion: { readonly kind: string; readonly version: string };
  readonly logIndex: unknown;
  readonly logId: Uint8Array;
  readonly body: Uint8Array;
  readonly proof: {
    readonly index: unknown;
    readonly treeSize: unknown;
    readonly rootHash: Uint8Array;
    readonly hashes: readonly Uint8Array[];
    readonly checkpoint: string;
  };
  /** Of Rekor v1. */
  readonly promise?: { readonly integratedTime: unknown; readonly signature: Uint8Array } | undefined;
}

/** The entry as bundles have it. What is wrong with it is left as wrong, for the verifier to find. */
export function bundledEntry({
  proof,
  promise,
  logIndex,
  logId,
  kindVersion,
  body,
}: DescribedEntry): LogEntryJson {
  return {
    ...indexJson(logIndex),
    logId: { keyId: base64(logId) },
    kindVersion,
    ...(promise !== undefined && {
      integratedTime: String(promise.integratedTime),
      inclusionPromise: { signedEntryTimestamp: base64(promise.signature) },
    }),
    inclusionProof: {
      ...indexJson(proof.index),
      rootHash: base64(proof.rootHash),
      treeSize: String(proof.treeSize),
      ...(proof.hashes.length > 0 && { hashes: proof.hashes.map(base64) }),
      checkpoint: { envelope: proof.checkpoint },
    },
    canonicalizedBody: base64(body),
  };
}

/** Protobuf JSON leaves zeros out. */
const indexJson = (index: unknown): { readonly logIndex?: string } =>
  index === 0 || index === "0" || index === "" ? {} : { logIndex: String(index) };

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64");
