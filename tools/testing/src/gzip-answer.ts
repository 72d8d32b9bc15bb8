import type { OutgoingHttpHeaders, ServerResponse } from "node:http";
import { createGzip } from "node:zlib";

/** From here on, what is written to the response goes out compressed, as a proxy that means well would do it. */
export function gzipAnswer(response: ServerResponse): void {
  const gzip = createGzip();
  const writeHead = response.writeHead.bind(response);
  const write = response.write.bind(response);
  const end = response.end.bind(response);
  gzip.on("data", (chunk: Buffer) => void write(chunk));
  gzip.on("end", () => void end());
  response.writeHead = ((status: number, headers: OutgoingHttpHeaders = {}) => {
    const { "content-length": _plain, ...others } = headers;
    return writeHead(status, { ...others, "content-encoding": "gzip" });
  }) as ServerResponse["writeHead"];
  response.write = ((chunk: Uint8Array) => gzip.write(chunk)) as ServerResponse["write"];
  response.end = ((chunk?: Uint8Array | string) => {
    gzip.end(chunk);
    return response;
  }) as ServerResponse["end"];
}
