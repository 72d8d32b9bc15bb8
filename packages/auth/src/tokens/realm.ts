import { AuthError } from "../errors.js";
import { leadsInward } from "@blob/core/hosts";

/**
 * The URL of the token server that a registry names, if credentials for the registry may be sent there.
 *
 * The realm may be on another host than the registry: Docker Hub's is. It is trusted because the registry
 * that names it was authenticated by TLS. Hence the rules:
 *
 * - the realm is https, unless the registry itself is plain http (whoever sits in between could read all of it anyway);
 * - a registry cannot name a realm that is further inside of the client's network than itself (loopback, link-local,
 *   private): that would make this client knock on doors that the registry cannot reach itself;
 * - no user name or password in the URL: the credential comes from this side only.
 *
 * Throws `InvalidChallenge` or `InsecureRealm`.
 */
export function checkRealm(realm: string, target: { readonly origin: string; readonly host: string }): URL {
  const { host } = target;
  const url = URL.canParse(realm) ? new URL(realm) : null;
  if (url === null || (url.protocol !== "https:" && url.protocol !== "http:")) {
    throw new AuthError(
      "InvalidChallenge",
      `${host} asks for a token but names no usable URL to get it from: is this a registry?`,
      { host },
    );
  }
  url.hash = "";
  const origin = new URL(target.origin);
  if (url.username !== "" || url.password !== "") {
    throw insecure(host, url, "with a user name or password in its URL");
  }
  if (url.protocol === "http:" && origin.protocol !== "http:") {
    throw insecure(host, url, "without https, where anybody in between could read the credential");
  }
  if (leadsInward(origin.hostname, url.hostname)) {
    throw insecure(host, url, "at a private address, which a public registry has no business with");
  }
  return url;
}

function insecure(host: string, realm: URL, why: string): AuthError {
  return new AuthError(
    "InsecureRealm",
    `${host} names a token server (${realm.host}) ${why}: nothing was sent there`,
    { host },
  );
}
