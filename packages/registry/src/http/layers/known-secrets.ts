import type { HttpResponse } from "./handler.js";
import { isShownParameter } from "./redact.js";

/** Shorter secrets occur in texts by chance, and are not looked for. */
const shortest = 4;

/** The secrets that went out with a request, in all encodings in which the server's answer could repeat them. */
export function secretsBehind({ authorization, url }: HttpResponse): readonly string[] {
  const sent = authorization === undefined ? [] : secretsOfAuthorization(authorization);
  return formsOf([...sent, ...secretsOfQuery(url)]);
}

function secretsOfAuthorization(header: string): readonly string[] {
  const [, scheme = "", value = ""] = /^(\S+)\s+(.*)$/su.exec(header) ?? ["", "", header];
  if (scheme.toLowerCase() !== "basic") return [value];
  const pair = Buffer.from(value, "base64").toString("utf8");
  const password = pair.slice(pair.indexOf(":") + 1);
  return [value, value.replace(/=+$/u, ""), pair, password];
}

/** The values of a signed query: they allow whatever the URL allows. */
function secretsOfQuery({ searchParams }: URL): readonly string[] {
  return [...searchParams].flatMap(([name, value]) => (isShownParameter(name) ? [] : [value]));
}

/** Secrets as they are, and as encoded in URLs, forms, JSON, and JSON by Go. */
function formsOf(secrets: readonly string[]): readonly string[] {
  return secrets
    .filter((secret) => secret.length >= shortest)
    .flatMap((secret) => [
      secret,
      encodeURIComponent(secret),
      new URLSearchParams([["", secret]]).toString().slice(1),
      ...jsonForms(secret),
    ]);
}

function jsonForms(secret: string): readonly string[] {
  const json = JSON.stringify(secret).slice(1, -1);
  const escaped = json.replaceAll(
    /[<>&]/gu,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
  return [json, escaped];
}
