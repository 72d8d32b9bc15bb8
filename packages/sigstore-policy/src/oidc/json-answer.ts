import { type BoundedRequest, requestBounded } from "../bounded-request.js";
import { PolicyError } from "../errors.js";

const maxAnswerBytes = 256 * 1024;

/**
 * Asks a server for a small JSON document.
 *
 * @throws PolicyError `IdentityUnavailable`, never with what the server said.
 */
export async function requestJson(request: Omit<BoundedRequest, "code" | "maxBytes">): Promise<unknown> {
  const bytes = await requestBounded({ ...request, code: "IdentityUnavailable", maxBytes: maxAnswerBytes });
  try {
    return JSON.parse(Buffer.from(bytes).toString("utf8"));
  } catch {
    // The parser's message quotes the document.
    const message = `${request.what} (${request.url.host}) did not answer with JSON`;
    throw new PolicyError("IdentityUnavailable", message);
  }
}
