import { PolicyError } from "../errors.js";
import type { LogEntryJson } from "../bundle/bundle-json.js";
import { provenRoot } from "./inclusion-proof.js";

/** An entry as a log has described it, whichever its API. */
export interface DescribedEntry {
  /** For messages: which log. */
  readonly server: string;
  readonly kindVersion: { readonly kind: string; readonly version: string };
  readonly logIndex: number;
  readonly logId: Uint8Array;
  readonly body: Uint8Array;
  readonly proof: {
    readonly index: number;
    readonly treeSize: number;
    readonly rootHash: Uint8Array;
    readonly hashes: readonly Uint8Array[];
    readonly checkpoint: string;
  };
  /** Of Rekor v1. */
  readonly promise?: { readonly integratedTime: number; readonly signature: Uint8Array } | undefined;
}

/**
 * The entry as bundles have it, when its proof leads to the checkpoint that comes with it. Whether the checkpoint is
 * signed by a log that somebody trusts is for verifiers to say.
 *
 * @throws PolicyError `InvalidAnswer`
 */
export function provenEntry(entry: DescribedEntry): LogEntryJson {
  const { proof, promise } = entry;
  const root = provenRoot({ ...proof, leaf: entry.body });
  const [, size, noted] = proof.checkpoint.split("\n");
  const isProven =
    root !== undefined &&
    Buffer.compare(root, proof.rootHash) === 0 &&
    size === String(proof.treeSize) &&
    noted === base64(proof.rootHash);
  if (!isProven || entry.logId.length === 0 || !Number.isSafeInteger(entry.logIndex)) {
    throw new PolicyError("InvalidAnswer", `${entry.server} did not prove that it has the entry`);
  }
  return {
    ...indexJson(entry.logIndex),
    logId: { keyId: base64(entry.logId) },
    kindVersion: entry.kindVersion,
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
    canonicalizedBody: base64(entry.body),
  };
}

/** Protobuf JSON leaves zeros out. */
const indexJson = (index: number): { readonly logIndex?: string } =>
  index === 0 ? {} : { logIndex: String(index) };

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64");
