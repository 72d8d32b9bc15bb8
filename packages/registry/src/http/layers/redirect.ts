import { RegistryError } from "../../errors.js";
import type { HttpRequest, HttpResponse, Layer } from "./handler.js";
import { discard } from "./handler.js";
import { decideRedirect, headersAfterRedirect } from "./redirect-rule.js";
import { uploadPlace } from "./upload-place.js";

/** More than any registry needs. */
const maxRedirects = 10;

/** Follows redirects itself, and not in the transport, so that each is checked first: see `redirect-rule.ts`. */
export function withRedirects(): Layer {
  return (next) => async (first) => {
    let request: HttpRequest = first;
    let redirected: HttpResponse["redirected"];
    for (let hops = 0; ; hops += 1) {
      const response = await next(request);
      if (!isRedirect(response.status) || request.followRedirects === false) {
        return redirected === undefined
          ? response
          : {
              ...response,
              cancel: () => response.cancel(),
              redirected,
              ...(request.from === undefined ? {} : { from: request.from }),
            };
      }
      const from = request.url;
      const fail = (why: string): RegistryError => {
        response.cancel();
        return new RegistryError(
          "UnsafeRedirect",
          `${from.host}: the registry answered with ${why}; it was not followed`,
          { host: from.host, status: response.status },
        );
      };
      if (hops >= maxRedirects) throw fail(`more than ${maxRedirects} redirects`);
      const { method, body } = request;
      // A 303 changes the method to GET (RFC 9110, 15.4.4): an upload would be lost.
      if (response.status === 303 && method !== "GET" && method !== "HEAD")
        throw fail(`a 303 to a ${method}`);
      const decision = decideRedirect({
        from,
        location: response.headers["location"],
        credentialOrigin: request.auth?.origin,
      });
      if (!decision.follow) throw fail(decision.why);
      const { url } = decision;
      const place = placeOf(request, url);
      if (place === "api") throw fail(`a redirect of a ${method} to another part of its API`);
      await discard(response);
      const keepCredentials = decision.keepCredentials && place === "same";
      const isInside = redirected !== "elsewhere" && url.origin === first.url.origin && place !== "elsewhere";
      redirected = isInside ? "inside" : "elsewhere";
      request = {
        ...request,
        url,
        from,
        body,
        headers: headersAfterRedirect(request.headers, keepCredentials),
        // Once dropped, credentials are not sent again, even if a later redirect leads back.
        auth: keepCredentials ? request.auth : undefined,
      };
    }
  };
}

/**
 * Whether a redirect on the registry's own origin leads to the same resource. Reads may also be redirected elsewhere
 * there, since their bytes are verified. A request that writes with credentials may only go where it was meant to, or
 * to a session of the same upload.
 */
function placeOf({ method, url: from, auth }: HttpRequest, to: URL): "same" | "api" | "elsewhere" {
  if (method === "GET" || method === "HEAD" || auth?.repository === undefined) return "same";
  if (to.origin !== auth.origin || withoutSlash(to) === withoutSlash(from)) return "same";
  const place = uploadPlace(to.pathname, auth.repository);
  if (place !== "session") return place;
  return uploadPlace(from.pathname, auth.repository) === "session" ? "same" : "api";
}

function withoutSlash({ pathname }: URL): string {
  return pathname.replace(/\/$/u, "");
}

function isRedirect(status: number): boolean {
  return [301, 302, 303, 307, 308].includes(status);
}
