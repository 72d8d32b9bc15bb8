import type { Credential } from "../credential.js";
import { asMembers, malformed } from "./credentials-file.js";

/** The user name that marks a secret as an identity token. */
const identityUser = "<token>";

/** What a user name and secret from a helper or file stand for. */
export function namedCredential(username: string, password: string): Credential {
  return username === identityUser
    ? { kind: "identity", token: password }
    : { kind: "basic", username, password };
}

/**
 * The credential in an entry of `auths`; undefined for one that only notes that a helper knows it. Throws
 * `InvalidCredentialsFile` naming the file and the entry.
 */
export function readAuthEntry(entry: unknown, key: string, file: string): Credential | undefined {
  const where = `auths[${JSON.stringify(key)}]`;
  const members = asMembers(entry ?? {});
  if (members === undefined) throw malformed(file, `${where} is not an object`);

  function text(name: string): string {
    const value = members?.get(name) ?? "";
    if (typeof value !== "string") throw malformed(file, `${where}.${name} is not a string`);
    return value;
  }

  if (text("registrytoken") !== "") return { kind: "bearer", token: text("registrytoken") };
  if (text("identitytoken") !== "") return { kind: "identity", token: text("identitytoken") };
  if (text("auth") !== "") {
    const pair = decodePair(text("auth"));
    if (pair === undefined) throw malformed(file, `${where}.auth is not the base64 of user:password`);
    return namedCredential(pair.username, pair.password);
  }
  // Written by old clients, and by hand.
  if (text("username") !== "") return namedCredential(text("username"), text("password"));
  return undefined;
}

function decodePair(auth: string): { readonly username: string; readonly password: string } | undefined {
  const base64 = auth.replaceAll(/\s/g, "");
  if (!/^[0-9A-Za-z+/_-]+={0,2}$/.test(base64)) return undefined;
  // Docker pads with NUL bytes at times and cuts them off when reading.
  const pair = Buffer.from(base64, "base64").toString("utf8").replace(/\0+$/, "");
  const colon = pair.indexOf(":");
  return colon < 0 ? undefined : { username: pair.slice(0, colon), password: pair.slice(colon + 1) };
}
