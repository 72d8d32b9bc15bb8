import { PolicyError } from "../errors.js";
import { listAt, textAt, valueAt } from "../json-path.js";
import type { LogEntryJson } from "../bundle/bundle-json.js";
import { provenEntry } from "./log-entry.js";
import type { LogRequest } from "./rekor-v1.js";
import type { ServiceRequest } from "./service-request.js";
import { parsedJson, requestService, serverOf, urlBelow } from "./service-request.js";
import { hashOf, protobufHashNames } from "../keys/signature-algorithm.js";

const what = "the transparency log";

/**
 * Logs a signature in Rekor v2, which knows one kind of entry: the hash of what was signed. It gives no time, so a
 * verifier needs a time stamp beside the entry.
 *
 * @throws PolicyError `InvalidSigner` for a key that signs no hashes, `InvalidAnswer` for the entry of something else,
 * and the errors of `requestService`
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
  const body = Buffer.from(textAt(entry, "canonicalizedBody"), "base64");
  const logged = valueAt(parsedJson(body), "spec", "hashedRekordV002");
  const isAbout =
    textAt(logged, "data", "digest") === digest &&
    textAt(logged, "data", "algorithm") === protobufHashNames[hash] &&
    textAt(logged, "signature", "content") === content;
  if (!isAbout) throw new PolicyError("InvalidAnswer", `${serverOf(request)} logged something else`);
  const proof = valueAt(entry, "inclusionProof");
  return provenEntry({
    server: serverOf(request),
    kindVersion: { kind: "hashedrekord", version: "0.0.2" },
    // Protobuf JSON has 64-bit numbers as text, and leaves zeros out.
    logIndex: Number(textAt(entry, "logIndex")),
    logId: Buffer.from(textAt(entry, "logId", "keyId"), "base64"),
    body,
    proof: {
      index: Number(textAt(proof, "logIndex")),
      treeSize: Number(textAt(proof, "treeSize")),
      rootHash: Buffer.from(textAt(proof, "rootHash"), "base64"),
      hashes: listAt(proof, "hashes").map((hashText) => Buffer.from(String(hashText), "base64")),
      checkpoint: textAt(proof, "checkpoint", "envelope"),
    },
  });
}
