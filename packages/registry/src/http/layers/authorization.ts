import type { Authenticator, AuthorizationTarget, Rejection, SendTokenRequest } from "@blob/auth";
import { leadsInward } from "@blob/core/hosts";
import { readBounded } from "../../bounded-body.js";
import { RegistryError } from "../../errors.js";
import { linkSignals } from "@blob/core/abort";
import type { Handler, HttpRequest, HttpResponse, Layer } from "./handler.js";
import { discard, withHeaders } from "./handler.js";

/** Tokens for members of many groups reach 16 KiB. No reasonable answer is larger than this. */
const maxTokenReplyBytes = 1024 * 1024;

/**
 * Adds the credentials of a request's `auth` target, and answers one challenge of the registry: a 401, or a 403 to a
 * request without credentials. Answers of other hosts, reached by a redirect, are passed on as they are: their 401 may
 * just be an expired link, and their challenge could name a token server that must not learn anything. A request to
 * another origin than its target's is not sent: `UnsafeRedirect`.
 */
export function withAuthorization(authenticator: Authenticator): Layer {
  return (next) => async (request) => {
    const target = request.auth;
    if (target === undefined) return next(request);
    refuseOtherOrigin(request.url, target);
    const offered = authenticator.current(target);
    const response = await sendAuthorized(next, request, offered);
    const challenge = response.headers["www-authenticate"];
    if (!wantsCredentials(response, offered)) return response;
    if (response.url.origin !== target.origin || challenge === undefined) return response;
    const answer = await answerChallenge(authenticator, next, request, response, {
      challenge,
      rejected: offered,
    });
    if (answer === undefined) return response;
    await discard(response);
    return sendAuthorized(next, request, answer);
  };
}

/**
 * The URL of a request may come from a server. Checked here as well, so that credentials do not depend on earlier
 * checks.
 */
function refuseOtherOrigin(url: URL, { origin, host }: AuthorizationTarget): void {
  if (url.origin === origin) return;
  const message = `${host}: a request to ${url.host} was to carry the credentials for ${host}, which go nowhere else; it was not sent`;
  throw new RegistryError("UnsafeRedirect", message, { host });
}

/** Some registries (Artifactory) answer 403 instead of 401 to requests without credentials. */
function wantsCredentials({ status }: HttpResponse, offered: string | undefined): boolean {
  return status === 401 || (status === 403 && offered === undefined);
}

async function answerChallenge(
  authenticator: Authenticator,
  next: Handler,
  request: HttpRequest,
  response: HttpResponse,
  rejection: Rejection,
): Promise<string | undefined> {
  const { auth, signal } = request;
  if (auth === undefined) return undefined;
  const followed = signal === undefined ? undefined : linkSignals(signal);
  try {
    const options = { signal: followed?.signal };
    return await authenticator.answer(auth, rejection, tokenSender(next, request), options);
  } catch (error) {
    response.cancel();
    throw error;
  } finally {
    followed?.release();
  }
}

async function sendAuthorized(
  next: Handler,
  request: HttpRequest,
  authorization: string | undefined,
): Promise<HttpResponse> {
  if (authorization === undefined) return next(request);
  const response = await next(withHeaders(request, { authorization }));
  return { ...response, cancel: () => response.cancel(), authorization };
}

/**
 * Token requests carry passwords: they do not follow redirects, and are not sent to addresses in the client's own
 * network.
 */
function tokenSender(next: Handler, { url: from, headers }: HttpRequest): SendTokenRequest {
  return async ({ url, method, headers: own, body }, { signal }) => {
    if (leadsInward(from.hostname, url.hostname)) {
      const message = `${from.host}: the registry wants credentials to be sent to ${url.hostname}, which is inside of the network that this client runs in`;
      throw new RegistryError("UnsafeRedirect", message, { host: from.host });
    }
    const bytes = body === undefined ? undefined : Buffer.from(body);
    const userAgent = headers["user-agent"];
    const response = await next({
      method,
      url,
      from,
      headers: {
        accept: "application/json",
        "accept-encoding": "identity",
        ...(userAgent === undefined ? {} : { "user-agent": userAgent }),
        ...own,
      },
      ...(bytes === undefined
        ? {}
        : {
            body: {
              size: bytes.length,
              async *open() {
                yield bytes;
              },
            },
          }),
      followRedirects: false,
      signal,
    });
    const reply = await readBounded(response.body, maxTokenReplyBytes, `the token of ${url.host}`);
    return { status: response.status, body: Buffer.from(reply).toString("utf8") };
  };
}
