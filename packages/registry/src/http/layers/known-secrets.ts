import type { HttpResponse } from "./handler.js";
import { isShownParameter } from "./redact.js";

/** Anything shorter is in every text by chance. */
const shortest = 4;

/** What a server was told with a request, in the forms that its answer could repeat it in. */
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

/** The values of a signed query: whoever has them may do what the URL allows. */
function secretsOfQuery({ searchParams }: URL): readonly string[] {
  return [...searchParams].flatMap(([name, value]) => (isShownParameter(name) ? [] : [value]));
}

/** As it is, and as URLs, forms, JSON and Go's JSON write it. */
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
