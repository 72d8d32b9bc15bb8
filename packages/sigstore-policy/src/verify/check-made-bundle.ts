import { X509Certificate } from "node:crypto";
import type { Bundle } from "@sigstore/bundle";
import { toSignedEntity } from "@sigstore/verify";
import type { PublicKey } from "../keys/public-key.js";
import { parseBundle } from "./bundle-schema.js";
import { checkMessageDigest, refuseWhatFails, signedTimesOf, signerOf } from "./check-bundle.js";
import { readCheckpoint } from "./checkpoint.js";
import { checkEntryBody } from "./entry-body.js";
import { checkInclusion } from "./log-entry.js";
import { Refusal } from "./refusal.js";
import { isSignedWith } from "./signature-hash.js";
import { artifactSha256, signedContent, type Artifact } from "./signed-content.js";
import { readStatement } from "./statement.js";

/** A bundle that was just made, what it has to be about, and who has to have signed. */
export interface MadeBundle {
  readonly bundle: Uint8Array;
  readonly artifact: Artifact;
  /** Undefined when a certificate says who. */
  readonly key: PublicKey | undefined;
}

/**
 * Checks all of a bundle that does not depend on whom its readers trust: its form, the signature, that statement, log
 * entries and time stamps are about it, that entries are in the trees that they come with, and that the certificate was
 * valid when others say that the signature was made. Whatever is wrong is a {@link Refusal}.
 */
export function checkMadeBundle(made: MadeBundle): void {
  refuseWhatFails(() => check(made));
}

function check({ bundle: bytes, artifact, key }: MadeBundle): void {
  const bundle = parseBundle(bytes);
  const holder = signerOf(bundle, key);
  const content = signedContent(bundle, artifact, holder.key, holder.certificate);
  checkMessageDigest(bundle, content);
  if (content.signed === undefined || !isSignedWith(holder.key, content.signed, content.signature)) {
    throw new Refusal("the signature is not one of the signer's key");
  }
  for (const entry of bundle.verificationMaterial.tlogEntries) {
    checkEntryBody(entry, content);
    checkInclusion(entry, readCheckpoint(entry.inclusionProof?.checkpoint?.envelope ?? ""));
  }
  checkTimes(bundle, content.signature, holder.certificate);
  if (bundle.content.$case === "dsseEnvelope") {
    readStatement(bundle.content.dsseEnvelope, artifactSha256(artifact));
  }
}

function checkTimes(bundle: Bundle, signature: Buffer, certificate: Buffer | undefined): void {
  const { timestamps } = toSignedEntity(bundle, Buffer.alloc(0));
  for (const timestamp of timestamps) {
    if (timestamp.$case !== "timestamp-authority") continue;
    const { status, tstInfo } = timestamp.timestamp;
    // 0 and 1 grant it (RFC 3161, section 2.4.2).
    if (status > 1n) throw new Refusal("the time stamp was not granted");
    tstInfo.verify(signature);
  }
  if (certificate === undefined) return;
  const { validFrom, validTo } = new X509Certificate(certificate);
  for (const time of signedTimesOf(timestamps)) {
    if (time >= new Date(validFrom) && time <= new Date(validTo)) continue;
    throw new Refusal(`the certificate was not valid at ${time.toISOString()}, when the signature was made`);
  }
}
