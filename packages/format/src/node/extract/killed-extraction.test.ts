import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { compilePackage } from "@blob/testing";

import { chunkedArchive } from "../../testing/chunked-archive.js";
import { noise } from "../../testing/sample-content.js";
import { runNode } from "../../testing/run-module.js";
import { scratchDirectory } from "../../testing/scratch-directory.js";

const compiled = compilePackage("format");
const chunkSize = 100_000;

interface DataServer {
  readonly url: string;
  /** Stops to send after so many bytes. */
  limit: number;
  /** How many were sent. */
  sent: number;
}

/** Serves ranges of bytes. */
async function serve(data: Uint8Array): Promise<DataServer> {
  const server = createServer((request, response) => {
    const [, from, to] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? "") ?? [];
    const part = data.subarray(Number(from), Number(to) + 1);
    response.writeHead(206, {
      "content-range": `bytes ${from}-${to}/${data.length}`,
      "content-length": part.length,
      etag: '"one"',
    });
    const allowed = part.subarray(0, Math.max(0, state.limit - state.sent));
    state.sent += allowed.length;
    if (allowed.length === part.length) response.end(part);
    else response.write(allowed);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  const state = { url: `http://127.0.0.1:${port}/data`, limit: Infinity, sent: 0 };
  return state;
}

test.each([0, 2])("goes on after its process was killed, with %i threads", async (workers) => {
  const content = noise(60 * chunkSize, "killed");
  const { data, index } = await chunkedArchive([{ path: "large", content, cuts: chunkSize }]);
  const scratch = await scratchDirectory();
  writeFileSync(join(scratch, "index"), index);
  const server = await serve(data);
  const destination = join(scratch, "destination");
  const script = `
    import { readFileSync } from "node:fs";
    import { createHttpByteSource, openArchive } from ${JSON.stringify(new URL("index.js", compiled).href)};
    import { extractArchive } from ${JSON.stringify(new URL("node/index.js", compiled).href)};
    const source = await createHttpByteSource(${JSON.stringify(server.url)}, { size: ${data.length} });
    const archive = openArchive(readFileSync(${JSON.stringify(join(scratch, "index"))}), source);
    await extractArchive(archive, ${JSON.stringify(destination)}, {
      workers: ${workers},
      onProgress: ({ bytesDone }) => process.stdout.write(bytesDone + "\\n"),
    });`;
  const argv = ["--input-type=module", "--eval", script];

  server.limit = 40 * chunkSize;
  const child = spawn(process.execPath, argv, { stdio: ["ignore", "pipe", "inherit"] });
  onTestFinished(() => void child.kill("SIGKILL"));
  let said = "";
  let done = 0;
  for await (const chunk of child.stdout) {
    said += String(chunk);
    done = Number(said.trimEnd().split("\n").at(-1));
    if (done >= 30 * chunkSize) break;
  }
  child.kill("SIGKILL");
  await once(child, "close");
  expect(done).toBeGreaterThanOrEqual(30 * chunkSize);
  expect(readdirSync(destination)).toEqual([expect.stringMatching(/^\..*\.partial$/)]);

  server.limit = Infinity;
  server.sent = 0;
  await runNode(argv);
  expect(readFileSync(join(destination, "large")).equals(content)).toBe(true);
  expect(readdirSync(destination)).toEqual(["large"]);
  expect(server.sent).toBeLessThanOrEqual(data.length - done);
  console.log(`fetched after it was killed at ${done} of ${data.length} bytes: ${server.sent}`);
});
