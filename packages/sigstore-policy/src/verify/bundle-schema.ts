import { bundleFromJSON, ValidationError, type Bundle } from "@sigstore/bundle";
import { valueAt } from "../json-path.js";
import { isBundleMediaType } from "../bundle/bundle-media-types.js";
import { maxBundleBytes } from "../bundle/bundle-size.js";
import { Refusal, shown } from "./refusal.js";
import { isJsonObject, parseStrictJson } from "./strict-json.js";

type Kind = (value: unknown, path: string) => void;

/**
 * A bundle whose every field is in the schema and has its type. The decoder behind it would take what is not there for
 * empty, skip what it does not know, and read base64 with holes: another reader might see another bundle.
 */
export function parseBundle(bytes: Uint8Array): Bundle {
  if (bytes.length > maxBundleBytes)
    throw new Refusal(`the bundle is larger than ${String(maxBundleBytes)} bytes`);
  const json = parseStrictJson(bytes, "the bundle");
  bundleFields(json, "bundle");
  const mediaType = valueAt(json, "mediaType");
  if (typeof mediaType !== "string" || !isBundleMediaType(mediaType)) {
    throw new Refusal(
      `the bundle has the unknown media type ${typeof mediaType === "string" ? shown(mediaType) : "none"}`,
    );
  }
  try {
    return bundleFromJSON(json);
  } catch (error) {
    throw new Refusal(`the bundle lacks a field: ${shown(fieldsOf(error))}`);
  }
}

function fieldsOf(error: unknown): string {
  return error instanceof ValidationError ? error.fields.join(", ") : "one of a wrong type";
}

function wrong(path: string, expected: string): Refusal {
  return new Refusal(`${path} of the bundle is not ${expected}`);
}

const text: Kind = (value, path) => {
  if (typeof value !== "string") throw wrong(path, "a string");
};

const base64: Kind = (value, path) => {
  if (typeof value !== "string" || Buffer.from(value, "base64").toString("base64") !== value) {
    throw wrong(path, "base64");
  }
};

const integer: Kind = (value, path) => {
  const digits = typeof value === "number" ? String(value) : value;
  if (typeof digits !== "string" || !/^(?:0|[1-9]\d{0,15})$/.test(digits)) {
    throw wrong(path, "an unsigned integer");
  }
};

/** A field that is null is not there, as in the JSON mapping of protocol buffers. */
function message(fields: Readonly<Record<string, Kind>>): Kind {
  const kinds = new Map(Object.entries(fields));
  return (value, path) => {
    if (!isJsonObject(value)) throw wrong(path, "an object");
    for (const [name, field] of Object.entries(value)) {
      const kind = kinds.get(name);
      if (kind === undefined) throw new Refusal(`${path} of the bundle has the unknown field ${shown(name)}`);
      if (field !== null) kind(field, `${path}.${name}`);
    }
  };
}

/** A message with exactly one field of a group, as `oneof` has it. */
function exactlyOne(group: readonly string[], whole: Kind): Kind {
  return (value, path) => {
    whole(value, path);
    const present = group.filter((name) => (valueAt(value, name) ?? null) !== null);
    if (present.length !== 1) throw new Refusal(`${path} has not exactly one of ${group.join(", ")}`);
  };
}

/** More elements than any bundle has: each costs signature checks. */
const maxElements = 16;
/** A proof of inclusion has one hash a level, of a tree with less than 2^64 leaves. */
const maxHashes = 64;

function list(kind: Kind, most: number = maxElements): Kind {
  return (value, path) => {
    if (!Array.isArray(value)) throw wrong(path, "an array");
    if (value.length > most) throw new Refusal(`${path} has more than ${String(most)} elements`);
    value.forEach((element: unknown, index) => {
      if (element === null) throw wrong(`${path}[${String(index)}]`, "there");
      kind(element, `${path}[${String(index)}]`);
    });
  };
}

const rawBytes = message({ rawBytes: base64 });

const logEntry = message({
  logIndex: integer,
  logId: message({ keyId: base64 }),
  kindVersion: message({ kind: text, version: text }),
  integratedTime: integer,
  inclusionPromise: message({ signedEntryTimestamp: base64 }),
  inclusionProof: message({
    logIndex: integer,
    rootHash: base64,
    treeSize: integer,
    hashes: list(base64, maxHashes),
    checkpoint: message({ envelope: text }),
  }),
  canonicalizedBody: base64,
});

const bundleFields = exactlyOne(
  ["dsseEnvelope", "messageSignature"],
  message({
    mediaType: text,
    verificationMaterial: exactlyOne(
      ["certificate", "publicKey", "x509CertificateChain"],
      message({
        certificate: rawBytes,
        publicKey: message({ hint: text }),
        x509CertificateChain: message({ certificates: list(rawBytes) }),
        tlogEntries: list(logEntry),
        timestampVerificationData: message({ rfc3161Timestamps: list(message({ signedTimestamp: base64 })) }),
      }),
    ),
    dsseEnvelope: message({
      payload: base64,
      payloadType: text,
      signatures: list(message({ sig: base64, keyid: text })),
    }),
    messageSignature: message({
      messageDigest: message({ algorithm: text, digest: base64 }),
      signature: base64,
    }),
  }),
);
