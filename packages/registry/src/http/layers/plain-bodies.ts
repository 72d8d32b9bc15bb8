import { RegistryError } from "../../errors.js";
import { messageText } from "@blob/core/text";
import type { Layer } from "./handler.js";

/** Only these count: some stores put other things into this header (`aws-chunked`), and send plain bytes. */
const compressions: ReadonlySet<string> = new Set(["gzip", "x-gzip", "deflate", "compress", "br", "zstd"]);

/**
 * Refuses responses with a compressed body. All requests ask for plain bytes, to which digests, sizes and ranges apply,
 * and decompressing could give any number of bytes.
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
