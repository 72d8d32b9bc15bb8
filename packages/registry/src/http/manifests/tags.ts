import { once } from "@blob/core/bytes";
import { readBounded } from "../../bounded-body.js";
import { RegistryError } from "../../errors.js";
import type { LeftOut } from "../../left-out.js";
import { parseJsonObject } from "../../manifest/manifest-content.js";
import { messageText } from "@blob/core/text";
import { checkRepository, isTag } from "../../reference.js";
import type { CallOptions } from "../../registry.js";
import { readAnswer } from "../answers/answer.js";
import type { Endpoint } from "../layers/endpoint.js";
import type { HttpResponse } from "../layers/handler.js";
import { readPages } from "../answers/pages.js";
import { errorFromAnswer } from "../answers/response-error.js";

/** Many registries cap it at this; those that do not understand it send everything. */
const tagsPerPage = 1000;

/** Even 100,000 tags of the greatest length fit. */
const maxPageBytes = 16 * 1024 * 1024;

/** Registries that filter after they cut pages send empty ones; nobody sends as many of them in a row. */
const mostEmptyPages = 1000;

/** Enough of a name that is none to find it. */
const shownLength = 80;

/** The tags page by page, as they are asked for. */
export function listTags(
  endpoint: Endpoint,
  repository: string,
  options: CallOptions,
): AsyncIterable<string> {
  checkRepository(repository);
  return readTags(endpoint, repository, options);
}

async function* readTags(
  endpoint: Endpoint,
  repository: string,
  { signal, onLeftOut }: CallOptions,
): AsyncGenerator<string, void, undefined> {
  const { host } = endpoint;
  const action = `list the tags of ${repository}`;
  const url = endpoint.url(repository, `tags/list?n=${tagsPerPage}`);
  let emptyPages = 0;
  for await (const response of readPages(endpoint, {
    url,
    repository,
    action,
    accept: "application/json",
    signal,
  })) {
    const tags = await tagsIn(endpoint, repository, action, response);
    emptyPages = tags.length === 0 ? emptyPages + 1 : 0;
    if (emptyPages > mostEmptyPages) {
      const message = `${host}: cannot ${action}: it goes on after ${mostEmptyPages} pages without a tag`;
      throw new RegistryError("SizeExceeded", message, { host, reference: repository });
    }
    for (const tag of tags) {
      if (typeof tag === "string" && isTag(tag)) yield tag;
      else onLeftOut?.(invalidTag(tag));
    }
  }
}

async function tagsIn(
  { host }: Endpoint,
  repository: string,
  action: string,
  response: HttpResponse,
): Promise<readonly unknown[]> {
  const details = { host, reference: repository };
  const body = await readBounded(response.body, maxPageBytes, `the list of tags of ${repository}`, details);
  const json = parseJsonObject(body);
  const tags: unknown = json?.["tags"];
  if (Array.isArray(tags)) return tags;
  // distribution writes null for none, and others leave it out; but then it is a list of some name.
  const isEmpty = tags === null || (tags === undefined && typeof json?.["name"] === "string");
  if (json !== undefined && isEmpty) return [];
  const answer = await readAnswer({ ...response, body: once(body) }, host);
  throw errorFromAnswer(answer, { ...details, action }, "what answered is not a list of tags");
}

function invalidTag(value: unknown): LeftOut {
  const isText = typeof value === "string";
  const name = messageText(isText && value !== "" ? value : (JSON.stringify(value) ?? ""), shownLength);
  return { kind: "tag", name, why: isText ? "it is not a valid tag name" : "it is not a text" };
}
