import type { CallOptions } from "../../registry.js";
import { readAnswer } from "./answer.js";
import type { Endpoint } from "../layers/endpoint.js";
import { errorFromAnswer } from "./response-error.js";

/** What a registry says to somebody who comes without wanting anything yet. */
export interface Access {
  /** Whether it wanted credentials, and accepted those that it got. False: it lets everybody in, as far as this tells. */
  readonly authorized: boolean;
}

/** Asks for the root of the API, which needs no repository. */
export async function checkAccess(endpoint: Endpoint, { signal }: CallOptions): Promise<Access> {
  const { host, origin } = endpoint;
  const response = await endpoint.send({
    method: "GET",
    url: new URL("/v2/", origin),
    headers: { "accept-encoding": "identity" },
    auth: { origin, host, scopes: [] },
    signal,
  });
  const answer = await readAnswer(response, host);
  // Quay sends its answer as HTML, but it is no page.
  if (answer.status !== 200 || answer.isPage) throw errorFromAnswer(answer, { host, action: "log in" });
  return { authorized: response.authorization !== undefined };
}
