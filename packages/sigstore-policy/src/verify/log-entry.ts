import type { TransparencyLogEntry } from "@sigstore/protobuf-specs";
import { verifyCheckpoint, type Checkpoint } from "./checkpoint.js";
import { checkEntryBody } from "./entry-body.js";
import { rootFromProof } from "./merkle.js";
import { Refusal, shown } from "./refusal.js";
import type { SignedContent } from "./signed-content.js";
import { isSignedWith } from "./signature-hash.js";
import type { TrustedLog } from "./trust-material.js";

/** A log entry that was verified. */
export interface LoggedEntry {
  readonly log: TrustedLog;
  /** When the log says that it took the entry. Undefined when it does not sign that, as Rekor v2. */
  readonly time: Date | undefined;
  /** Equal for two copies of one entry. */
  readonly identity: string;
}

/**
 * Checks that a trusted log has the entry, and that the entry is about this signature. What is there is checked, also
 * where one of promise and proof would do.
 */
export function verifyLogEntry(
  entry: TransparencyLogEntry,
  logs: readonly TrustedLog[],
  content: SignedContent,
): LoggedEntry {
  const logId = entry.logId?.keyId ?? Buffer.alloc(0);
  const candidates = logs.filter((log) => logId.equals(log.logId));
  if (candidates.length === 0) {
    throw new Refusal(`the trusted root has no usable log ${logId.toString("base64")}`);
  }
  const refusals: string[] = [];
  for (const log of candidates) {
    try {
      const time = verifyPromise(entry, log);
      const proven = verifyProof(entry, log);
      if (time === undefined && !proven)
        throw new Refusal("the log entry has neither promise nor proof of inclusion");
      checkEntryBody(entry, content);
      return {
        log,
        time,
        identity: `${logId.toString("hex")}:${entry.canonicalizedBody.toString("base64")}`,
      };
    } catch (error) {
      refusals.push(error instanceof Refusal ? error.message : "the log entry is malformed");
    }
  }
  throw new Refusal(refusals.join("; "));
}

/** Whether a log was in use at a time. Both ends are included. */
export function isInUse(log: TrustedLog, time: Date): boolean {
  return log.start <= time && (log.end === undefined || time <= log.end);
}

/** The log's signature over the entry and its time (Rekor v1). */
function verifyPromise(entry: TransparencyLogEntry, log: TrustedLog): Date | undefined {
  const promise = entry.inclusionPromise;
  if (promise === undefined) return undefined;
  const seconds = Number(entry.integratedTime);
  if (!Number.isSafeInteger(seconds) || seconds <= 0) throw new Refusal("the log entry has no time");
  const time = new Date(seconds * 1000);
  if (!isInUse(log, time)) throw new Refusal(`the log was not in use at ${shown(time.toISOString())}`);
  const signed = JSON.stringify({
    body: entry.canonicalizedBody.toString("base64"),
    integratedTime: seconds,
    logID: Buffer.from(log.logId).toString("hex"),
    logIndex: Number(entry.logIndex),
  });
  if (!isSignedWith(log.key, Buffer.from(signed), promise.signedEntryTimestamp)) {
    throw new Refusal("the log did not sign the promise of inclusion");
  }
  return time;
}

function verifyProof(entry: TransparencyLogEntry, log: TrustedLog): boolean {
  const proof = entry.inclusionProof;
  // A bundle of version 0.1 may have a proof without a checkpoint: it proves nothing, and the promise has to do.
  if (proof?.checkpoint === undefined) return false;
  checkInclusion(entry, verifyCheckpoint(proof.checkpoint.envelope, log));
  return true;
}

/** That an entry is in the tree of a checkpoint, at the place that it says. */
export function checkInclusion(entry: TransparencyLogEntry, checkpoint: Checkpoint): void {
  const proof = entry.inclusionProof;
  if (proof === undefined) throw new Refusal("the log entry has no proof of inclusion");
  const index = BigInt(proof.logIndex);
  const root = rootFromProof(entry.canonicalizedBody, index, checkpoint.size, proof.hashes);
  if (root === undefined || !Buffer.from(root).equals(checkpoint.root)) {
    throw new Refusal("the checkpoint's tree does not have the log entry");
  }
  if (BigInt(proof.treeSize) !== checkpoint.size || !proof.rootHash.equals(checkpoint.root)) {
    throw new Refusal("the proof of inclusion is not for the checkpoint's tree");
  }
  // With a promise the outer index is signed, and counts over all shards of the log.
  if (entry.inclusionPromise === undefined && BigInt(entry.logIndex) !== index) {
    throw new Refusal("the log entry has two indexes");
  }
}
