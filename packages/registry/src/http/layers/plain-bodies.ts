import { RegistryError } from "../../errors.js";
import { messageText } from "@blob/core/text";
import type { Layer } from "./handler.js";

/** Some stores name other things in this header (`aws-chunked`) and send plain bytes all the same. */
const compressions: ReadonlySet<string> = new Set(["gzip", "x-gzip", "deflate", "compress", "br", "zstd"]);

/**
 * Refuses answers whose body is compressed for the way. Digests, sizes and ranges are those of the plain bytes, every
 * request asks for these, and a body of unknown size is not unpacked on trust.
 */
export function withPlainBodies(): Layer {
  return (next) => async (request) => {
    const response = await next(request);
    const encoding = response.headers["content-encoding"]?.trim().toLowerCase() ?? "";
    if (!compressions.has(encoding)) return response;
    response.cancel();
    const { host } = request.url;
    const message = `${host}: it sends a body that is compressed with ${messageText(encoding)}, which was not asked for; is a proxy in between?`;
    throw new RegistryError("InvalidResponse", message, { host, status: response.status });
  };
}
