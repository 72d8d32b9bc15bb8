import type { KeyObject } from "node:crypto";
import { createHash, createPublicKey, X509Certificate } from "node:crypto";
import { listAt, textAt, valueAt } from "../json-path.js";
import type { DsseEnvelopeJson, LogEntryJson } from "../bundle/bundle-json.js";
import { preAuthEncoding } from "../bundle/pae.js";
import { isSignedBy } from "./fulcio-service.js";
import type { Verifier } from "./log-bodies.js";
import { dsseBody, hashedRekordBody, intotoBody, verifierKey } from "./log-bodies.js";
import type { Answer, Misbehaviour } from "./misbehaviour.js";
import { jsonAnswer } from "./misbehaviour.js";
import type { TransparencyLog } from "./transparency-log.js";
import { treeId } from "./transparency-log.js";

/** `/api/v1/log/entries` of Rekor: what is equal is logged once. */
export interface RekorV1Service {
  create(body: Buffer, wrong: Misbehaviour): Answer;
  get(uuid: string): Answer;
}

export function createRekorV1Service(log: TransparencyLog): RekorV1Service {
  const answers = new Map<string, unknown>();
  return {
    create(body, wrong) {
      const proposed = canonicalBodyOf(JSON.parse(body.toString()));
      if (proposed === undefined) return failure(400, "signature or kind of entry not accepted");
      const entry = wrong.logged ?? proposed;
      const key = JSON.stringify(entry);
      const known = answers.get(key);
      if (typeof known === "string") {
        const message = `an equivalent entry already exists in the transparency log with UUID ${known}`;
        return jsonAnswer(409, { code: 409, message }, { location: `/api/v1/log/entries/${known}` });
      }
      const logged = log.append(entry);
      const uuid = uuidOf(logged);
      const answer = { [uuid]: answerOf(logged) };
      answers.set(key, uuid);
      answers.set(uuid, answer);
      // Go's client looks its entry up in the answer by this tag.
      return jsonAnswer(201, answer, { location: `/api/v1/log/entries/${uuid}`, etag: uuid });
    },
    get(uuid) {
      const known = answers.get(uuid);
      return known === undefined ? failure(404, "no such entry") : jsonAnswer(200, known);
    },
  };
}

const failure = (code: number, message: string): Answer => jsonAnswer(code, { code, message });

/** What the log makes of a proposal; undefined when it does not take it, such as one with a wrong signature. */
function canonicalBodyOf(proposed: unknown): unknown {
  const at = (...path: readonly (string | number)[]): string => textAt(proposed, "spec", ...path);
  switch (`${textAt(proposed, "kind")} ${textAt(proposed, "apiVersion")}`) {
    case "dsse 0.0.1": {
      const json = at("proposedContent", "envelope");
      const envelope = envelopeOf(JSON.parse(json), (sig) => sig);
      const verifier = verifierOf(at("proposedContent", "verifiers", 0));
      return isSignedEnvelope(envelope, verifier) ? dsseBody(envelope, verifier, json) : undefined;
    }
    case "intoto 0.0.2": {
      const wrapped = envelopeOf(valueAt(proposed, "spec", "content", "envelope"), text);
      const envelope = { ...wrapped, payload: text(wrapped.payload) };
      const verifier = verifierOf(at("content", "envelope", "signatures", 0, "publicKey"));
      return isSignedEnvelope(envelope, verifier) ? intotoBody(envelope, verifier) : undefined;
    }
    case "hashedrekord 0.0.1": {
      const sha256 = Buffer.from(at("data", "hash", "value"), "hex");
      const signature = Buffer.from(at("signature", "content"), "base64");
      const verifier = verifierOf(at("signature", "publicKey", "content"));
      return sha256.length === 32 ? hashedRekordBody(sha256, signature, verifier) : undefined;
    }
    default:
      return undefined;
  }
}

function envelopeOf(json: unknown, decode: (sig: string) => string): DsseEnvelopeJson {
  return {
    payload: textAt(json, "payload"),
    payloadType: textAt(json, "payloadType"),
    signatures: listAt(json, "signatures").map((signature) => ({ sig: decode(textAt(signature, "sig")) })),
  };
}

const text = (base64: string): string => Buffer.from(base64, "base64").toString();

function verifierOf(base64Pem: string): Verifier {
  const pem = text(base64Pem);
  return pem.includes("CERTIFICATE") ? new X509Certificate(pem).raw : createPublicKey(pem);
}

function isSignedEnvelope(envelope: DsseEnvelopeJson, verifier: Verifier): boolean {
  const encoded = preAuthEncoding(envelope.payloadType, Buffer.from(envelope.payload, "base64"));
  const key: KeyObject = verifierKey(verifier);
  return (
    envelope.signatures.length > 0 &&
    envelope.signatures.every(({ sig }) => isSignedBy(key, encoded, Buffer.from(sig, "base64")))
  );
}

function uuidOf(entry: LogEntryJson): string {
  const leaf = createHash("sha256").update(Uint8Array.of(0)).update(entry.canonicalizedBody, "base64");
  return treeId.toString(16).padStart(16, "0") + leaf.digest("hex");
}

/** The log's own way to say what a bundle says about an entry: hexadecimal hashes, and numbers. */
function answerOf(entry: LogEntryJson): unknown {
  const hex = (base64: string): string => Buffer.from(base64, "base64").toString("hex");
  const { inclusionProof, inclusionPromise } = entry;
  return {
    body: entry.canonicalizedBody,
    integratedTime: Number(entry.integratedTime),
    logID: hex(entry.logId.keyId),
    logIndex: Number(entry.logIndex ?? "0"),
    verification: {
      inclusionProof: {
        checkpoint: inclusionProof?.checkpoint.envelope,
        hashes: (inclusionProof?.hashes ?? []).map(hex),
        logIndex: Number(inclusionProof?.logIndex ?? "0"),
        rootHash: hex(inclusionProof?.rootHash ?? ""),
        treeSize: Number(inclusionProof?.treeSize),
      },
      signedEntryTimestamp: inclusionPromise?.signedEntryTimestamp,
    },
  };
}
