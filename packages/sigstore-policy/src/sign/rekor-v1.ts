import { PolicyError } from "../errors.js";
import { listAt, textAt, valueAt } from "../json-path.js";
import type { LogEntryJson } from "../bundle/bundle-json.js";
import { bundledEntry } from "./log-entry.js";
import type { ServiceLimits, ServiceRequest } from "./service-request.js";
import { parsedJson, requestService, serverOf, urlBelow } from "./service-request.js";
import { hashOf } from "../keys/signature-algorithm.js";
import type { SignedContent } from "./signed-content.js";

export interface LogRequest {
  readonly url: string;
  readonly signed: SignedContent;
  readonly limits: ServiceLimits;
  readonly signal: AbortSignal | undefined;
}

const what = "the transparency log";
const path = "/api/v1/log/entries";

/**
 * Logs a signature in Rekor v1: an envelope as `dsse`, a message signature as `hashedrekord`. What the log answers is not
 * checked here.
 *
 * @throws PolicyError `InvalidSigner` for a message signature of a key that signs no hashes, `InvalidAnswer` without a
 * promise, and the errors of `requestService`
 */
export async function logInRekorV1({ url, signed, limits, signal }: LogRequest): Promise<LogEntryJson> {
  const proposed = proposedEntry(signed);
  const request: ServiceRequest = {
    what,
    url: urlBelow(url, path, what),
    body: { type: "application/json", bytes: JSON.stringify(proposed) },
    statuses: [200, 201, 409],
    limits,
    signal,
  };
  const answer = await requestService(request);
  if (answer.status !== 409) return entryOf(answer.bytes, proposed, serverOf(request));
  // Some kinds of keys make the same signature again, which the log has already.
  const uuid = /\/([0-9a-f]{64,80})$/u.exec(answer.headers.get("location") ?? "")?.[1];
  if (uuid === undefined) {
    throw new PolicyError("InvalidAnswer", `${serverOf(request)} has the entry, but does not say where`);
  }
  const known = await requestService({
    ...request,
    url: urlBelow(url, `${path}/${uuid}`, what),
    body: undefined,
    statuses: [200],
  });
  return entryOf(known.bytes, proposed, serverOf(request));
}

interface ProposedEntry {
  readonly kind: string;
  readonly apiVersion: string;
  readonly spec: unknown;
}

function proposedEntry({ by, content, signature, signedBytes }: SignedContent): ProposedEntry {
  const pem = by.certificate?.toString() ?? by.publicKey.export({ type: "spki", format: "pem" });
  const verifier = Buffer.from(pem).toString("base64");
  if ("dsseEnvelope" in content) {
    const proposedContent = { envelope: JSON.stringify(content.dsseEnvelope), verifiers: [verifier] };
    return { apiVersion: "0.0.1", kind: "dsse", spec: { proposedContent } };
  }
  const { hash } = by.algorithm;
  if (hash === undefined) {
    const message = `${what} does not take message signatures of Ed25519 keys: sign without a log, or a statement`;
    throw new PolicyError("InvalidSigner", message);
  }
  return {
    apiVersion: "0.0.1",
    kind: "hashedrekord",
    spec: {
      data: { hash: { algorithm: hash, value: hashOf(hash, signedBytes).toString("hex") } },
      signature: { content: Buffer.from(signature).toString("base64"), publicKey: { content: verifier } },
    },
  };
}

function entryOf(bytes: Uint8Array, { kind, apiVersion }: ProposedEntry, server: string): LogEntryJson {
  const [entry]: readonly unknown[] = Object.values(parsedJson(bytes) ?? {});
  const proof = valueAt(entry, "verification", "inclusionProof");
  const promise = Buffer.from(textAt(entry, "verification", "signedEntryTimestamp"), "base64");
  // A proof would do for verifiers, but it is this log's promise that says when.
  if (promise.length === 0) {
    throw new PolicyError("InvalidAnswer", `${server} did not promise to keep the entry`);
  }
  return bundledEntry({
    kindVersion: { kind, version: apiVersion },
    logIndex: valueAt(entry, "logIndex"),
    logId: Buffer.from(textAt(entry, "logID"), "hex"),
    body: Buffer.from(textAt(entry, "body"), "base64"),
    promise: { integratedTime: valueAt(entry, "integratedTime"), signature: promise },
    proof: {
      index: valueAt(proof, "logIndex"),
      treeSize: valueAt(proof, "treeSize"),
      rootHash: Buffer.from(textAt(proof, "rootHash"), "hex"),
      hashes: listAt(proof, "hashes").map((hash) => Buffer.from(String(hash), "hex")),
      checkpoint: textAt(proof, "checkpoint"),
    },
  });
}
