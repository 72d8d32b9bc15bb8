import { PolicyError } from "../errors.js";
import { listAt, textAt, valueAt } from "../json-path.js";
import type { LogEntryJson } from "../bundle/bundle-json.js";
import { bundledEntry } from "./log-entry.js";
import type { LogRequest } from "./rekor-v1.js";
import type { ServiceRequest } from "./service-request.js";
import { parsedJson, requestService, urlBelow } from "./service-request.js";
import { hashOf } from "../keys/signature-algorithm.js";

const what = "the transparency log";

/**
 * Logs a signature in Rekor v2, which knows one kind of entry: the hash of what was signed. It gives no time, so a
 * verifier needs a time stamp beside the entry. What the log answers is not checked here.
 *
 * @throws PolicyError `InvalidSigner` for a key that signs no hashes, and the errors of `requestService`
 */
export async function logInRekorV2({ url, signed, limits, signal }: LogRequest): Promise<LogEntryJson> {
  const { by, signature, signedBytes } = signed;
  const { hash, keyDetails } = by.algorithm;
  if (hash === undefined) {
    throw new PolicyError(
      "InvalidSigner",
      "Rekor v2 does not take Ed25519 signatures: use Rekor v1 or no log",
    );
  }
  const digest = hashOf(hash, signedBytes).toString("base64");
  const content = Buffer.from(signature).toString("base64");
  const rawBytes = (by.certificate?.raw ?? by.publicKey.export({ type: "spki", format: "der" })).toString(
    "base64",
  );
  const verifier =
    by.certificate === undefined ? { publicKey: { rawBytes } } : { x509Certificate: { rawBytes } };
  const request: ServiceRequest = {
    what,
    url: urlBelow(url, "/api/v2/log/entries", what),
    body: {
      type: "application/json",
      bytes: JSON.stringify({
        hashedRekordRequestV002: { digest, signature: { content, verifier: { ...verifier, keyDetails } } },
      }),
    },
    statuses: [200, 201],
    limits,
    signal,
  };
  const entry = parsedJson((await requestService(request)).bytes);
  const proof = valueAt(entry, "inclusionProof");
  return bundledEntry({
    kindVersion: { kind: "hashedrekord", version: "0.0.2" },
    // Protobuf JSON has 64-bit numbers as text, and leaves zeros out.
    logIndex: textAt(entry, "logIndex"),
    logId: Buffer.from(textAt(entry, "logId", "keyId"), "base64"),
    body: Buffer.from(textAt(entry, "canonicalizedBody"), "base64"),
    proof: {
      index: textAt(proof, "logIndex"),
      treeSize: textAt(proof, "treeSize"),
      rootHash: Buffer.from(textAt(proof, "rootHash"), "base64"),
      hashes: listAt(proof, "hashes").map((hashText) => Buffer.from(String(hashText), "base64")),
      checkpoint: textAt(proof, "checkpoint", "envelope"),
    },
  });
}
