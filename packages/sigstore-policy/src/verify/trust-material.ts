import type { KeyObject } from "node:crypto";
import { createPublicKey } from "node:crypto";
import {
  CertificateAuthority,
  PublicKeyDetails,
  TransparencyLogInstance,
  TrustedRoot,
} from "@sigstore/protobuf-specs";
import { toTrustMaterial, type TrustMaterial } from "@sigstore/verify";
import { algorithmOf } from "../keys/key-algorithm.js";
import { Refusal, shown } from "./refusal.js";
import { isJsonObject, parseStrictJson } from "./strict-json.js";

/** A transparency log that the trusted root names. */
export interface TrustedLog {
  readonly baseUrl: string;
  readonly logId: Uint8Array;
  /** What the log's checkpoint signatures begin with. */
  readonly keyHint: Uint8Array;
  readonly key: KeyObject;
  readonly start: Date;
  readonly end: Date | undefined;
}

export interface Trust {
  readonly logs: readonly TrustedLog[];
  /** Certificate authorities, certificate logs and time-stamp authorities. Its logs are not used. */
  readonly material: TrustMaterial;
}

/** The public-good root has 10 KiB. */
const maxRootBytes = 4 * 1024 * 1024;

const rootMediaType =
  /^application\/vnd\.dev\.sigstore\.trustedroot(?:\+json;version=0\.[12]|\.v0\.[12]\+json)$/;

/**
 * What a trusted root says, without what cannot be used: an authority or log with a key of an unknown kind, and a log
 * without a start of validity. Whatever relies on those is refused later, and the others still work.
 */
export function parseTrustedRoot(bytes: Uint8Array): Trust {
  if (bytes.length > maxRootBytes) throw new Refusal("the trusted root is too large");
  const json = parseStrictJson(bytes, "the trusted root");
  if (!isJsonObject(json)) throw new Refusal("the trusted root is not a JSON object");
  const mediaType = json["mediaType"];
  if (typeof mediaType !== "string" || !rootMediaType.test(mediaType)) {
    throw new Refusal(
      `the trusted root has the media type ${typeof mediaType === "string" ? shown(mediaType) : "none"}`,
    );
  }
  const usable = (field: string, parse: (value: unknown) => unknown): readonly unknown[] =>
    elements(json[field]).filter((element) => succeeds(() => parse(element)));
  const logs = usable("tlogs", parseLog).map(parseLog);
  const material = toTrustMaterial(
    TrustedRoot.fromJSON({
      ...json,
      tlogs: [],
      ctlogs: usable("ctlogs", parseLog),
      certificateAuthorities: usable("certificateAuthorities", parseAuthority),
      timestampAuthorities: usable("timestampAuthorities", parseAuthority),
    }),
  );
  return { logs, material };
}

function elements(value: unknown): readonly unknown[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw new Refusal("the trusted root has a list that is none");
  return value;
}

function succeeds(attempt: () => unknown): boolean {
  try {
    attempt();
    return true;
  } catch {
    return false;
  }
}

function parseLog(value: unknown): TrustedLog {
  const { baseUrl, logId, checkpointKeyId, publicKey } = TransparencyLogInstance.fromJSON(value);
  const start = publicKey?.validFor?.start;
  if (publicKey?.rawBytes === undefined || logId === undefined || start === undefined) {
    throw new Refusal("a log without key, identifier or start of validity");
  }
  const key = createPublicKey({
    key: publicKey.rawBytes,
    format: "der",
    type: pkcs1.includes(publicKey.keyDetails) ? "pkcs1" : "spki",
  });
  algorithmOf(key, "the key of a log");
  const keyHint = (checkpointKeyId ?? logId).keyId.subarray(0, 4);
  return { baseUrl, logId: logId.keyId, keyHint, key, start, end: publicKey.validFor?.end };
}

const pkcs1: readonly PublicKeyDetails[] = [
  PublicKeyDetails.PKCS1_RSA_PKCS1V5,
  PublicKeyDetails.PKCS1_RSA_PSS,
];

function parseAuthority(value: unknown): void {
  const authority = CertificateAuthority.fromJSON(value);
  if (authority.certChain?.certificates.length === 0) throw new Refusal("an authority without certificates");
  toTrustMaterial({
    ...TrustedRoot.fromJSON({}),
    certificateAuthorities: [authority],
  });
}
