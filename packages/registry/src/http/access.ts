import { discard } from "./handler.js";
import type { CallOptions } from "../registry.js";
import type { Endpoint } from "./endpoint.js";
import { errorFromResponse } from "./response-error.js";

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
  if (response.status !== 200) throw await errorFromResponse(response, { host, action: "log in" });
  await discard(response);
  return { authorized: response.authorization !== undefined };
}
