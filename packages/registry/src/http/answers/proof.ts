import type { Digest } from "../../descriptor.js";
import { isDigest, parseDigest } from "../../digest.js";
import type { Answer } from "./answer.js";
import { readAnswer } from "./answer.js";
import type { HttpResponse } from "../layers/handler.js";
import { discard } from "../layers/handler.js";

/** What an answer that claims success says about what was stored. A status alone proves nothing: pages have one, too. */
export type Outcome =
  | { readonly kind: "proved" }
  /** It has stored something else. */
  | { readonly kind: "refuted"; readonly stored: Digest }
  /** It does not say: look whether it is there. */
  | { readonly kind: "open"; readonly answer: Answer };

/** What was sent, and where it can be read once it is stored. */
export interface Expected {
  /** The registry's, as references name it. */
  readonly host: string;
  readonly kind: "blobs" | "manifests";
  readonly digest: Digest;
}

/** Looks for the evidence that distribution-spec 1.1 asks for. The body is read and the connection freed. */
export async function outcomeOf(response: HttpResponse, expected: Expected): Promise<Outcome> {
  const stored = otherDigestIn(response, expected.digest);
  if (stored !== undefined) {
    await discard(response);
    return { kind: "refuted", stored };
  }
  if (hasDigest(response, expected.digest) || leadsToIt(response, expected)) {
    await discard(response);
    return { kind: "proved" };
  }
  return { kind: "open", answer: await readAnswer(response, expected.host) };
}

export function hasDigest({ headers }: HttpResponse, digest: Digest): boolean {
  return headers["docker-content-digest"] === digest;
}

/** A digest that contradicts the one expected. One of another algorithm may be that of the same bytes. */
export function otherDigestIn({ headers }: HttpResponse, digest: Digest): Digest | undefined {
  const said = headers["docker-content-digest"];
  if (said === undefined || said === digest || !isDigest(said)) return undefined;
  return parseDigest(said).algorithm === parseDigest(digest).algorithm ? said : undefined;
}

/** Only of what was created: a portal may name the address that was asked for, to send the browser back to it later. */
function leadsToIt({ status, headers, url }: HttpResponse, { kind, digest }: Expected): boolean {
  const location = headers["location"];
  if (status !== 201 || location === undefined || !URL.canParse(location, url.href)) return false;
  const path = new URL(location, url).pathname.replaceAll(/%3a/giu, ":");
  return path.endsWith(`/${kind}/${digest}`);
}
