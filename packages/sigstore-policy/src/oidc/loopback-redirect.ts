import { timingSafeEqual } from "node:crypto";
import { createServer, type Server } from "node:http";
import { PolicyError } from "../errors.js";
import { untilAborted } from "@blob/core/abort";

const path = "/auth/callback";
const address = "127.0.0.1";

/** A port of this machine that waits for a browser to come back from the issuer. */
export interface LoopbackRedirect {
  readonly uri: string;
  /** The authorization code. Rejects with the signal's reason, or with what the issuer said instead. */
  code(signal: AbortSignal): Promise<string>;
  /** Closes the port and every connection to it. */
  close(): void;
}

/**
 * Listens on a free port of the loopback interface. Only a request with the right state ends the wait: whatever else
 * runs on this machine can neither end nor answer it.
 */
export async function listenForRedirect(expected: {
  readonly state: string;
  readonly issuer: string;
}): Promise<LoopbackRedirect> {
  let resolve: (code: string) => void = () => {};
  let reject: (error: Error) => void = () => {};
  const promise = new Promise<string>((onCode, onError) => {
    resolve = onCode;
    reject = onError;
  });
  // It may settle before anybody waits for it.
  promise.catch(() => {});
  let host = "";
  const server = createServer({ maxHeaderSize: 16 * 1024 }, (request, response) => {
    const answer = (status: number, text: string): void => {
      const headers = {
        "content-type": "text/plain; charset=utf-8",
        "content-security-policy": "default-src 'none'",
        "x-content-type-options": "nosniff",
        "referrer-policy": "no-referrer",
        "cache-control": "no-store",
        connection: "close",
      };
      response.writeHead(status, headers).end(`${text}\n`);
    };
    // A page elsewhere could point a name of its own at this address.
    if (request.method !== "GET" || request.headers.host !== host) return answer(400, "Bad request.");
    const url = URL.canParse(request.url ?? "", `http://${host}`)
      ? new URL(request.url ?? "", `http://${host}`)
      : undefined;
    if (url?.pathname !== path) return answer(404, "Not found.");
    const query = url.searchParams;
    if (!isEqual(query.get("state") ?? "", expected.state)) {
      return answer(400, "This is not the answer to the sign-in that is under way.");
    }
    const outcome = codeFrom(query, expected.issuer);
    if (typeof outcome === "string") {
      answer(200, "Done. You can close this window and go back to the terminal.");
      resolve(outcome);
    } else {
      answer(400, "Signing in failed. The terminal says more.");
      reject(outcome);
    }
  });
  host = `${address}:${await listen(server)}`;
  return {
    uri: `http://${host}${path}`,
    code: (signal) => untilAborted(promise, signal),
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

function codeFrom(query: URLSearchParams, issuer: string): string | PolicyError {
  // RFC 9207: an issuer that names itself has to be the one that was asked.
  const named = query.get("iss");
  if (named !== null && named !== issuer) {
    return new PolicyError("IdentityUnavailable", "another issuer answered the sign-in");
  }
  const code = query.get("code");
  if (code !== null && code !== "" && query.get("error") === null) return code;
  const error = /^[a-z_]{1,40}$/u.exec(query.get("error") ?? "")?.[0];
  const detail = error === undefined ? "" : ` (${error})`;
  return new PolicyError("IdentityUnavailable", `the issuer did not let the user sign in${detail}`);
}

function listen(server: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", (cause) => {
      reject(
        new PolicyError("IdentityUnavailable", "no port could be opened for the browser to come back to", {
          cause,
        }),
      );
    });
    server.listen(0, address, () => {
      const bound = server.address();
      resolve(typeof bound === "object" && bound !== null ? bound.port : 0);
    });
  });
}

function isEqual(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)];
  return a.length === b.length && timingSafeEqual(a, b);
}
