import { createPublicKey, X509Certificate } from "node:crypto";
import type { TransparencyLogEntry } from "@sigstore/protobuf-specs";
import { valueAt } from "../json-path.js";
import { Refusal, shown } from "./refusal.js";
import type { HashName, SignedContent } from "./signed-content.js";
import { parseStrictJson } from "./strict-json.js";

/** What an entry says was signed, by whom and how, whatever its kind. */
interface Claim {
  /** `payload` when the hash is that of a DSSE payload, `signed` when it is that of the bytes under the signature. */
  readonly hashOf: "payload" | "signed";
  readonly algorithm: unknown;
  readonly hash: Buffer;
  readonly signature: Buffer;
  /** The DER of a certificate or a public key, or PEM of one. */
  readonly verifier: Buffer;
}

/** Checks that a log entry is about this signature, this content and this signer, and not about others. */
export function checkEntryBody(entry: TransparencyLogEntry, content: SignedContent): void {
  const body = parseStrictJson(entry.canonicalizedBody, "the log entry");
  const { kind, version } = entry.kindVersion ?? { kind: "", version: "" };
  if (valueAt(body, "kind") !== kind || valueAt(body, "apiVersion") !== version) {
    throw new Refusal("the log entry is of another kind than the bundle says");
  }
  const claim = readClaim(`${kind} ${version}`, valueAt(body, "spec"));
  if (!claim.signature.equals(content.signature))
    throw new Refusal("the log entry is about another signature");
  const hash = content.hash(claim.hashOf, hashName(claim.algorithm));
  if (hash === undefined || !claim.hash.equals(hash))
    throw new Refusal("the log entry is about another content");
  if (!isSigner(claim.verifier, content)) throw new Refusal("the log entry is about another signer");
}

function readClaim(kind: string, spec: unknown): Claim {
  switch (kind) {
    case "hashedrekord 0.0.1":
      return {
        hashOf: "signed",
        algorithm: valueAt(spec, "data", "hash", "algorithm"),
        hash: decode(valueAt(spec, "data", "hash", "value"), "hex"),
        signature: decode(valueAt(spec, "signature", "content"), "base64"),
        verifier: decode(valueAt(spec, "signature", "publicKey", "content"), "base64"),
      };
    case "dsse 0.0.1": {
      const signature = onlyElement(valueAt(spec, "signatures"));
      return {
        hashOf: "payload",
        algorithm: valueAt(spec, "payloadHash", "algorithm"),
        hash: decode(valueAt(spec, "payloadHash", "value"), "hex"),
        signature: decode(valueAt(signature, "signature"), "base64"),
        verifier: decode(valueAt(signature, "verifier"), "base64"),
      };
    }
    case "intoto 0.0.2": {
      const signature = onlyElement(valueAt(spec, "content", "envelope", "signatures"));
      return {
        hashOf: "payload",
        algorithm: valueAt(spec, "content", "payloadHash", "algorithm"),
        hash: decode(valueAt(spec, "content", "payloadHash", "value"), "hex"),
        // This kind has base64 of base64.
        signature: Buffer.from(decode(valueAt(signature, "sig"), "base64").toString("latin1"), "base64"),
        verifier: decode(valueAt(signature, "publicKey"), "base64"),
      };
    }
    case "hashedrekord 0.0.2": {
      const record = valueAt(spec, "hashedRekordV002");
      return {
        hashOf: "signed",
        algorithm: valueAt(record, "data", "algorithm"),
        hash: decode(valueAt(record, "data", "digest"), "base64"),
        signature: decode(valueAt(record, "signature", "content"), "base64"),
        verifier: rawVerifier(valueAt(record, "signature", "verifier")),
      };
    }
    case "dsse 0.0.2": {
      const record = valueAt(spec, "dsseV002");
      const signature = onlyElement(valueAt(record, "signatures"));
      return {
        hashOf: "payload",
        algorithm: valueAt(record, "payloadHash", "algorithm"),
        hash: decode(valueAt(record, "payloadHash", "digest"), "base64"),
        signature: decode(valueAt(signature, "content"), "base64"),
        verifier: rawVerifier(valueAt(signature, "verifier")),
      };
    }
    default:
      throw new Refusal(`the log entry is of the unknown kind ${shown(kind)}`);
  }
}

function onlyElement(value: unknown): unknown {
  if (!Array.isArray(value) || value.length !== 1)
    throw new Refusal("the log entry has not exactly one signature");
  return valueAt(value, 0);
}

function rawVerifier(verifier: unknown): Buffer {
  return decode(
    valueAt(verifier, "x509Certificate", "rawBytes") ?? valueAt(verifier, "publicKey", "rawBytes"),
    "base64",
  );
}

function decode(value: unknown, encoding: "hex" | "base64"): Buffer {
  if (typeof value !== "string" || value === "") throw new Refusal("the log entry lacks a field");
  return Buffer.from(value, encoding);
}

const hashNames: ReadonlyMap<unknown, HashName> = new Map([
  ["sha256", "sha256"],
  ["sha384", "sha384"],
  ["sha512", "sha512"],
  ["SHA2_256", "sha256"],
  ["SHA2_384", "sha384"],
  ["SHA2_512", "sha512"],
]);

function hashName(algorithm: unknown): HashName {
  const name = hashNames.get(algorithm);
  if (name === undefined) throw new Refusal("the log entry has an unknown hash algorithm");
  return name;
}

function isSigner(verifier: Buffer, content: SignedContent): boolean {
  if (verifier.equals(content.publicKey)) return true;
  if (content.certificate !== undefined && verifier.equals(content.certificate)) return true;
  const pem = verifier.toString("latin1");
  try {
    if (pem.includes("-----BEGIN CERTIFICATE-----")) {
      const certificate = new X509Certificate(pem).raw;
      return content.certificate !== undefined && certificate.equals(content.certificate);
    }
    if (!pem.includes("-----BEGIN")) return false;
    return createPublicKey(pem).export({ format: "der", type: "spki" }).equals(content.publicKey);
  } catch {
    return false;
  }
}
