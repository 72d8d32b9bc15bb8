import { readBounded } from "../bounded-body.js";
import { RegistryError } from "../errors.js";
import { parseJsonObject } from "../manifest-content.js";
import { checkRepository, isTag } from "../reference.js";
import type { CallOptions } from "../registry.js";
import type { Endpoint } from "./endpoint.js";
import { readPages } from "./pages.js";

/** Many registries cap it at this; those that do not understand it send everything. */
const tagsPerPage = 1000;

/** Even 100,000 tags of the greatest length fit. */
const maxPageBytes = 16 * 1024 * 1024;

/** The tags page by page, as they are asked for. */
export function listTags(
  endpoint: Endpoint,
  repository: string,
  { signal }: CallOptions,
): AsyncIterable<string> {
  checkRepository(repository);
  return readTags(endpoint, repository, signal);
}

async function* readTags(
  endpoint: Endpoint,
  repository: string,
  signal: AbortSignal | undefined,
): AsyncGenerator<string, void, undefined> {
  const { host } = endpoint;
  const pages = readPages(endpoint, {
    url: endpoint.url(repository, `tags/list?n=${tagsPerPage}`),
    repository,
    action: `list the tags of ${repository}`,
    accept: "application/json",
    signal,
  });
  for await (const response of pages) {
    const body = await readBounded(response.body, maxPageBytes, `the list of tags of ${repository}`, {
      host,
    });
    const json = parseJsonObject(body);
    // distribution writes null for none.
    const tags: unknown = json?.["tags"] ?? [];
    if (json === undefined || !Array.isArray(tags) || !tags.every(isTagText)) {
      const message = `${host}: the answer is not a list of tags`;
      throw new RegistryError("InvalidResponse", message, { host, reference: repository });
    }
    yield* tags;
  }
}

function isTagText(value: unknown): value is string {
  return typeof value === "string" && isTag(value);
}
