import { PolicyError } from "../errors.js";
import type { ServiceLimits, ServiceRequest } from "./service-request.js";
import { requestService, serverOf } from "./service-request.js";
import { hashOf } from "../keys/signature-algorithm.js";
import { timestampRequest } from "./timestamp-request.js";

export interface StampRequest {
  /** Where requests are sent, with the path. */
  readonly url: string;
  readonly signature: Uint8Array;
  readonly limits: ServiceLimits;
  readonly signal: AbortSignal | undefined;
}

/** A TimeStampResp, DER. */
export type Timestamp = Uint8Array;

const what = "the time-stamp authority";

/**
 * Has an authority say when it saw a signature (RFC 3161, over HTTP as in its section 3.4).
 *
 * @throws PolicyError `InvalidAnswer` for a stamp of something else, and the errors of `requestService`
 */
export async function stampSignature({ url, signature, limits, signal }: StampRequest): Promise<Timestamp> {
  if (!URL.canParse(url)) throw new PolicyError("InvalidSigner", `the URL of ${what} is not a URL`);
  const bytes = timestampRequest(hashOf("sha256", signature));
  const request: ServiceRequest = {
    what,
    url: new URL(url),
    body: { type: "application/timestamp-query", bytes },
    statuses: [200, 201],
    limits,
    signal,
  };
  const der = (await requestService(request)).bytes;
  const { RFC3161Timestamp } = await import("@sigstore/core");
  try {
    const stamp = RFC3161Timestamp.parse(Buffer.from(der));
    // 0 and 1 grant it (RFC 3161, section 2.4.2).
    if (stamp.status > 1n) throw new Error(`status ${String(stamp.status)}`);
    stamp.tstInfo.verify(Buffer.from(signature));
    return der;
  } catch (cause) {
    const message = `${serverOf(request)} did not give a time stamp of the signature`;
    throw new PolicyError("InvalidAnswer", message, { cause });
  }
}
