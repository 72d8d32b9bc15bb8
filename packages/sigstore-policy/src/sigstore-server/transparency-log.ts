import type { KeyObject } from "node:crypto";
import { createHash, sign } from "node:crypto";
import { textAt } from "../json-path.js";
import type { LogEntryJson } from "../bundle/bundle-json.js";
import { canonicalJson } from "./canonical-json.js";
import { spkiOf } from "./certificate.js";
import { createKeyPair } from "./key-pair.js";
import { createMerkleTree } from "./merkle-tree.js";

/** A log that takes any entry: what guards a real log is the business of its HTTP service. */
export interface TransparencyLog {
  readonly publicKey: KeyObject;
  /** The SHA-256 of the public key. */
  readonly logId: Uint8Array;
  /**
   * Logs a body, with a proof as bundles have it.
   *
   * @param body An entry's object, or the bytes of one; the kind and the version of the proof are read from it.
   */
  append(body: unknown, options?: AppendOptions): LogEntryJson;
  /** The checkpoint over the whole log (C2SP tlog-checkpoint), or over a tree that the log never had. */
  checkpoint(options?: CheckpointOptions): string;
}

export interface AppendOptions {
  /** When a log of version 1 claims to have got it, in whole seconds. Default: now. */
  readonly time?: Date | undefined;
}

export interface CheckpointOptions {
  /** The first line. Default: the log's own. */
  readonly origin?: string | undefined;
  /** On the line of the signature. Default: the log's host. */
  readonly signerName?: string | undefined;
  readonly treeSize?: number | undefined;
  readonly rootHash?: Uint8Array | undefined;
}

export interface TransparencyLogOptions {
  /** Version 1 promises entries and says when it got them; version 2 only proves them. */
  readonly version: 1 | 2;
  readonly host: string;
  readonly now: () => Date;
}

/** Version 1 names its trees. */
export const treeId = 1;

export function createTransparencyLog(options: TransparencyLogOptions): TransparencyLog {
  const { version, host, now } = options;
  const { publicKey, privateKey } = createKeyPair();
  const logId = createHash("sha256").update(spkiOf(publicKey)).digest();
  const tree = createMerkleTree();

  const checkpoint = (wanted: CheckpointOptions = {}): string => {
    const origin = wanted.origin ?? (version === 1 ? `${host} - ${String(treeId)}` : host);
    const size = wanted.treeSize ?? tree.size;
    const root = wanted.rootHash ?? tree.root(size);
    const note = `${origin}\n${String(size)}\n${base64(root)}\n`;
    const signature = Buffer.concat([logId.subarray(0, 4), sign("sha256", Buffer.from(note), privateKey)]);
    return `${note}\n— ${wanted.signerName ?? host} ${base64(signature)}\n`;
  };

  return {
    publicKey,
    logId,
    checkpoint,
    append(body, { time = now() } = {}) {
      const bytes = body instanceof Uint8Array ? body : Buffer.from(canonicalJson(body));
      const index = tree.append(bytes);
      const size = tree.size;
      const integratedTime = Math.floor(time.getTime() / 1000);
      const promise = canonicalJson({
        body: base64(bytes),
        integratedTime,
        logID: logId.toString("hex"),
        logIndex: index,
      });
      const hashes = tree.inclusionProof(index, size).map(base64);
      const logIndex = index === 0 ? {} : { logIndex: String(index) };
      return {
        ...logIndex,
        logId: { keyId: base64(logId) },
        kindVersion: kindVersionOf(bytes),
        ...(version === 1 && {
          integratedTime: String(integratedTime),
          inclusionPromise: {
            signedEntryTimestamp: base64(sign("sha256", Buffer.from(promise), privateKey)),
          },
        }),
        inclusionProof: {
          ...logIndex,
          rootHash: base64(tree.root(size)),
          treeSize: String(size),
          ...(hashes.length > 0 && { hashes }),
          checkpoint: { envelope: checkpoint({ treeSize: size }) },
        },
        canonicalizedBody: base64(bytes),
      };
    },
  };
}

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64");

function kindVersionOf(body: Uint8Array): LogEntryJson["kindVersion"] {
  const parsed: unknown = JSON.parse(Buffer.from(body).toString());
  return { kind: textAt(parsed, "kind"), version: textAt(parsed, "apiVersion") };
}
