import { readBounded } from "../../bounded-body.js";
import type { Descriptor, Digest } from "../../descriptor.js";
import { RegistryError } from "../../errors.js";
import { manifestMediaTypes, parseJsonObject } from "../../manifest/manifest-content.js";
import type { ReferrersOptions } from "../../registry.js";
import type { Endpoint } from "../layers/endpoint.js";
import type { HttpResponse } from "../layers/handler.js";
import { nextPage } from "../answers/pages.js";
import { descriptorsIn } from "./referrer-list.js";
import { errorFromResponse } from "../answers/response-error.js";

/** More than this on one page is no list of signatures. */
const maxPageBytes = 4 * 1024 * 1024;

/** A subject with more referrers is being flooded; and so it is with more pages, or more bytes, for fewer. */
export const maxReferrers = 10_000;
const maxPages = 1000;
const maxListBytes = 32 * 1024 * 1024;

export interface ReferrerPage {
  readonly descriptors: readonly Descriptor[];
  /** Whether the registry says that it left out what is of other types. */
  readonly isFiltered: boolean;
}

/**
 * The list of the referrers API, page by page as they are asked for; "unsupported" where there is no such API.
 *
 * @param filter Only those of this type are asked for.
 * @throws RegistryError `SizeExceeded` at the first page that is too much.
 */
export async function* readReferrerPages(
  endpoint: Endpoint,
  repository: string,
  subject: Digest,
  filter: string | undefined,
  { signal, onLeftOut }: ReferrersOptions,
): AsyncGenerator<ReferrerPage | "unsupported", void, undefined> {
  const { host } = endpoint;
  const action = `list what refers to ${repository}@${subject}`;
  const query = filter === undefined ? "" : `?${new URLSearchParams({ artifactType: filter }).toString()}`;
  let [entries, pages, size] = [0, 0, 0];
  for (
    let url: URL | undefined = endpoint.url(repository, `referrers/${subject}${query}`);
    url !== undefined;
  ) {
    if (pages === maxPages) throw tooMany(endpoint, repository, subject, `${maxPages} pages of them`);
    const response: HttpResponse = await endpoint.send({
      method: "GET",
      url,
      headers: { accept: manifestMediaTypes.ociIndex, "accept-encoding": "identity" },
      auth: endpoint.auth(repository, "pull"),
      signal,
    });
    if ([400, 404, 405, 501].includes(response.status)) {
      response.cancel();
      yield "unsupported";
      return;
    }
    if (response.status !== 200)
      throw await errorFromResponse(response, { host, action, reference: repository });
    const bytes = await readBounded(response.body, maxPageBytes, "the list of referrers", { host });
    const manifests = parseIndex(bytes);
    // GAR once answered with the HTML of a login page.
    if (manifests === undefined) {
      yield "unsupported";
      return;
    }
    [entries, pages, size] = [entries + manifests.length, pages + 1, size + bytes.length];
    if (entries > maxReferrers) throw tooMany(endpoint, repository, subject, String(maxReferrers));
    if (size > maxListBytes)
      throw tooMany(endpoint, repository, subject, `${maxListBytes} bytes of descriptors`);
    const isFiltered = filter !== undefined && appliesFilter(response.headers["oci-filters-applied"]);
    yield { descriptors: descriptorsIn(manifests, onLeftOut), isFiltered };
    url = nextPage(endpoint, response, { action, repository });
  }
}

export function tooMany(
  { host }: Endpoint,
  repository: string,
  subject: Digest,
  most: string,
): RegistryError {
  const message = `${host}: cannot list what refers to ${repository}@${subject}: there are too many, more than ${most}; whoever may push there can delete what does not belong there`;
  return new RegistryError("SizeExceeded", message, { host, reference: repository, digest: subject });
}

function appliesFilter(header: string | undefined): boolean {
  return header?.split(",").some((name) => name.trim().toLowerCase() === "artifacttype") === true;
}

/** The entries of an image index; undefined when it is something else. */
function parseIndex(bytes: Uint8Array): readonly unknown[] | undefined {
  const json = parseJsonObject(bytes);
  const mediaType = json?.["mediaType"];
  const manifests: unknown = json?.["manifests"];
  if (mediaType !== undefined && mediaType !== manifestMediaTypes.ociIndex) return undefined;
  return Array.isArray(manifests) ? manifests : undefined;
}
