import type { KeyObject } from "node:crypto";
import { X509Certificate } from "node:crypto";
import type { DsseEnvelopeJson } from "../bundle/bundle-json.js";
import { hashOf, signatureAlgorithmOf, protobufHashNames } from "../keys/signature-algorithm.js";
import { preAuthEncoding } from "../bundle/pae.js";
import { spkiOf } from "./certificate.js";

/** What a log entry says who signed: a public key, or the certificate (DER) of one. */
export type Verifier = KeyObject | Uint8Array;

export function verifierKey(verifier: Verifier): KeyObject {
  return verifier instanceof Uint8Array ? new X509Certificate(verifier).publicKey : verifier;
}

const verifierPem = (verifier: Verifier): string =>
  verifier instanceof Uint8Array
    ? new X509Certificate(verifier).toString()
    : verifier.export({ type: "spki", format: "pem" }).toString();

const sha256Hex = (bytes: Uint8Array | string): { readonly algorithm: string; readonly value: string } => ({
  algorithm: "sha256",
  value: hashOf("sha256", Buffer.from(bytes)).toString("hex"),
});

/**
 * `dsse` 0.0.1 of Rekor v1.
 *
 * @param json The envelope as it was sent to the log, which hashes these very bytes.
 */
export function dsseBody(
  envelope: DsseEnvelopeJson,
  verifier: Verifier,
  json: string = JSON.stringify(envelope),
): unknown {
  return {
    apiVersion: "0.0.1",
    kind: "dsse",
    spec: {
      envelopeHash: sha256Hex(json),
      payloadHash: sha256Hex(Buffer.from(envelope.payload, "base64")),
      signatures: envelope.signatures.map(({ sig }) => ({
        signature: sig,
        verifier: base64(verifierPem(verifier)),
      })),
    },
  };
}

/** `intoto` 0.0.2 of Rekor v1, as earlier clients logged DSSE envelopes: signatures are base64 twice. */
export function intotoBody(envelope: DsseEnvelopeJson, verifier: Verifier): unknown {
  return {
    apiVersion: "0.0.2",
    kind: "intoto",
    spec: {
      content: {
        envelope: {
          payloadType: envelope.payloadType,
          signatures: envelope.signatures.map(({ sig }) => ({
            publicKey: base64(verifierPem(verifier)),
            sig: base64(sig),
          })),
        },
        hash: sha256Hex(JSON.stringify(envelope)),
        payloadHash: sha256Hex(Buffer.from(envelope.payload, "base64")),
      },
    },
  };
}

/** `hashedrekord` 0.0.1 of Rekor v1: a signature over bytes of which only the SHA-256 is known. */
export function hashedRekordBody(sha256: Uint8Array, signature: Uint8Array, verifier: Verifier): unknown {
  return {
    apiVersion: "0.0.1",
    kind: "hashedrekord",
    spec: {
      data: { hash: { algorithm: "sha256", value: Buffer.from(sha256).toString("hex") } },
      signature: { content: base64(signature), publicKey: { content: base64(verifierPem(verifier)) } },
    },
  };
}

/** `hashedrekord` 0.0.2 of Rekor v2. `digest` is made with the hash that the verifier's key signs with. */
export function hashedRekordV2Body(digest: Uint8Array, signature: Uint8Array, verifier: Verifier): unknown {
  const { hash = "sha256", keyDetails } = signatureAlgorithmOf(verifierKey(verifier)) ?? { keyDetails: "" };
  return {
    apiVersion: "0.0.2",
    kind: "hashedrekord",
    spec: {
      hashedRekordV002: {
        data: { algorithm: protobufHashNames[hash], digest: base64(digest) },
        signature: {
          content: base64(signature),
          verifier: {
            keyDetails,
            ...(verifier instanceof Uint8Array
              ? { x509Certificate: { rawBytes: base64(verifier) } }
              : { publicKey: { rawBytes: base64(spkiOf(verifier)) } }),
          },
        },
      },
    },
  };
}

/** How Rekor v2 knows a DSSE envelope: by the hash of what its signature covers. */
export function envelopeDigest(envelope: DsseEnvelopeJson, verifier: Verifier): Uint8Array {
  const encoded = preAuthEncoding(envelope.payloadType, Buffer.from(envelope.payload, "base64"));
  return hashOf(signatureAlgorithmOf(verifierKey(verifier))?.hash ?? "sha256", encoded);
}

const base64 = (bytes: Uint8Array | string): string => Buffer.from(bytes).toString("base64");
