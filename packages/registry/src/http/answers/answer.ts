import { readBeginning } from "@blob/core/bytes";
import { parseJsonObject } from "../../manifest/manifest-content.js";
import { apiHost } from "../../reference.js";
import type { HttpResponse } from "../layers/handler.js";
import { secretsBehind } from "../layers/known-secrets.js";
import { isPageText, wordsOf } from "./page-text.js";
import { redactText } from "../layers/redact.js";
import { parseRetryAfter } from "../layers/retry-after.js";

/** More than any registry says, and little enough to read on the way to a message. */
const maxBodyBytes = 64 * 1024;

/** What the registry says about itself: the first of its errors (distribution-spec 1.1, "Error Codes"). */
export interface Complaint {
  readonly code: string;
  readonly message: string;
}

/** Who answered and what, as far as a message may say it: bounded, without control characters, without secrets. */
export interface Answer {
  readonly status: number;
  /** Without parameters. */
  readonly contentType: string | undefined;
  /** The host that answered, where that is not the registry itself or a redirect led to it. */
  readonly from: string | undefined;
  /** Whether it is somebody else, who never gets the registry's credentials. */
  readonly isElsewhere: boolean;
  readonly complaint: Complaint | undefined;
  /** The first words of a text or a page. */
  readonly words: string;
  /** Whether the body is something for a browser. */
  readonly isPage: boolean;
  /** Whether whoever answered had been told the registry's credentials. */
  readonly credentialsSent: boolean;
  /** Whether it says how to send it some. */
  readonly hasChallenge: boolean;
  readonly retryAfterMs: number | undefined;
}

/**
 * Reads what there is to say about an answer, and frees its connection. Never throws: what is wrong with the body of an
 * explanation is of no interest.
 *
 * @param host The registry's, as references name it.
 */
export async function readAnswer(response: HttpResponse, host: string): Promise<Answer> {
  const { status, headers, url, redirected } = response;
  const isElsewhere = redirected === "elsewhere" || url.host !== apiHostOf(host, url);
  const contentType = contentTypeOf(headers["content-type"]);
  const secrets = secretsBehind(response);
  // Headers and hosts are in small letters here, and could still be a secret that is repeated.
  const isSecret = (text: string): boolean => secrets.some((secret) => text.includes(secret.toLowerCase()));
  const from = isSecret(url.host) ? "…" : url.host;
  return {
    status,
    contentType: contentType === undefined || isSecret(contentType) ? undefined : contentType,
    from: isElsewhere || redirected !== undefined ? from : undefined,
    isElsewhere,
    ...(await readBody(response, contentType, secrets)),
    credentialsSent: response.authorization !== undefined && !isElsewhere,
    hasChallenge: headers["www-authenticate"] !== undefined,
    retryAfterMs: parseRetryAfter(headers["retry-after"], Date.now()),
  };
}

/** What of an answer identifies it in a message: `HTTP 200, text/html, from portal.example, "Sign in"`. */
export function sayAnswer({ status, contentType, from, complaint, words }: Answer): string {
  const parts = [
    `HTTP ${status}`,
    // Errors are mostly JSON; of what claims to be a success, or comes from elsewhere, the type tells most.
    status < 400 ? contentType : undefined,
    from === undefined ? undefined : `from ${from}`,
    complaint?.code,
    complaint?.message,
    words === "" ? undefined : `"${words}"`,
  ];
  return parts.filter(Boolean).join(", ");
}

/** The type without parameters; undefined when it is none. */
export function contentTypeOf(header: string | undefined): string | undefined {
  const type = (header ?? "").split(";", 1)[0]?.trim().toLowerCase() ?? "";
  return /^[a-z]{1,20}\/[a-z0-9.+-]{1,100}$/u.test(type) ? type : undefined;
}

function apiHostOf(host: string, { protocol }: URL): string {
  const text = `${protocol}//${apiHost(host)}`;
  return URL.canParse(text) ? new URL(text).host : host;
}

async function readBody(
  response: HttpResponse,
  contentType: string | undefined,
  secrets: readonly string[],
): Promise<Pick<Answer, "complaint" | "words" | "isPage">> {
  const nothing = { complaint: undefined, words: "", isPage: false };
  // distribution 2 sends a broken body with its 416.
  if (response.status === 416) {
    response.cancel();
    return nothing;
  }
  try {
    const { bytes, isCut } = await readBeginning(response.body, maxBodyBytes);
    const json = isCut ? undefined : parseJsonObject(bytes);
    if (json !== undefined) return { ...nothing, complaint: complaintIn(json, secrets) };
    const text = Buffer.from(bytes).toString("utf8");
    return {
      complaint: undefined,
      words: wordsOf({ text, isCut }, contentType, secrets),
      isPage: isPageText(text, contentType),
    };
  } catch {
    return nothing;
  }
}

function complaintIn(
  json: Readonly<Record<string, unknown>>,
  secrets: readonly string[],
): Complaint | undefined {
  const errors: readonly unknown[] = Array.isArray(json["errors"]) ? json["errors"] : [];
  const first = errors[0] ?? json;
  if (typeof first === "string") return { code: "", message: redactText(first, secrets) };
  if (typeof first !== "object" || first === null) return undefined;
  if (first === json) return ownComplaint(json, secrets);
  // GitLab says "manifest invalid", and what it means by it only in the detail.
  const [code = "", message = "", detail = ""] = ["code", "message", "detail"].map((key) =>
    textIn(first, key, secrets),
  );
  const isNew = detail !== "" && !message.includes(detail);
  return { code, message: [message, isNew ? detail : ""].filter(Boolean).join(": ") };
}

/** Gateways and registries that do without the specification's list, by the names that most of them use. */
function ownComplaint(
  json: Readonly<Record<string, unknown>>,
  secrets: readonly string[],
): Complaint | undefined {
  const { error } = json;
  // `{"error": {"code", "message"}}`
  if (typeof error === "object" && error !== null) {
    return { code: textIn(error, "code", secrets), message: textIn(error, "message", secrets) };
  }
  const said = ["error", "message", "error_description", "title", "detail"].map((key) =>
    textIn(json, key, secrets),
  );
  const message = [...new Set(said)].filter(Boolean).join(": ");
  return message === "" ? undefined : { code: "", message };
}

function textIn(object: object, key: string, secrets: readonly string[]): string {
  const value: unknown = Reflect.get(object, key);
  return typeof value === "string" ? redactText(value, secrets) : "";
}
