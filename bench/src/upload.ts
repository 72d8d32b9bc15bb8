// Pushes one generated blob to a registry in another process, whole, in pieces, and in pieces over a connection that is
// reset at 70 %, and shows time and memory of the process that pushes.
//   node bench/dist/upload.js [megabytes]     fails at 300 MB or more, and when a reset costs more than a piece or so
import type { ChildProcess } from "node:child_process";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import type { BlobId } from "@blob/registry";
import { startBreakingProxy } from "./breaking-proxy.js";
import { generatedBlob } from "./generated-blob.js";
import { runMeasured } from "./measured-process.js";

interface Upload {
  readonly name: string;
  readonly repository: string;
  readonly host: string;
  readonly chunkBytes?: number;
}

const limitBytes = 300 * 1e6;
/** Starting again from the beginning would send 1.7 times the blob. */
const limitSent = 1.3;
const chunkBytes = 16 * 2 ** 20;
const megabytes = Number(process.argv[2] ?? 2048);
const cli = fileURLToPath(new URL("../../packages/cli/bin/blob.js", import.meta.url));
const script = fileURLToPath(new URL("upload-once.js", import.meta.url));
const directory = await mkdtemp(path.join(tmpdir(), "blob-upload-"));
const server = spawn(
  process.execPath,
  [cli, "registry", "serve", "--dir", path.join(directory, "registry"), "--port", "0", "--output", "json"],
  { stdio: ["ignore", "pipe", "inherit"], env: { ...process.env, TMPDIR: directory } },
);

try {
  const host = await hostOf(server);
  const blob = await generatedBlob(megabytes * 2 ** 20);
  console.log(`one blob of ${String(megabytes)} MiB, pieces of ${String(chunkBytes / 2 ** 20)} MiB`);
  await show(blob, { name: "whole", repository: "whole", host });
  await show(blob, { name: "in pieces", repository: "pieces", host, chunkBytes });
  await showReset(blob, host);
} finally {
  const ended = once(server, "exit");
  if (server.kill()) await ended;
  await rm(directory, { recursive: true, force: true });
}

async function show(blob: BlobId, { name, repository, host, chunkBytes: chunk }: Upload): Promise<void> {
  const chunkArgument = chunk === undefined ? [] : [String(chunk)];
  const { seconds, peakBytes } = await runMeasured(script, [
    host,
    repository,
    blob.digest,
    String(blob.size),
    ...chunkArgument,
  ]);
  const isOver = peakBytes >= limitBytes;
  if (isOver) process.exitCode = 1;
  const verdict = isOver ? `  OVER ${String(limitBytes / 1e6)} MB` : "";
  console.log(
    `${name.padEnd(16)} ${seconds.toFixed(1)} s  ${(peakBytes / 1e6).toFixed(0)} MB at most${verdict}`,
  );
  // The next one needs the room.
  await rm(path.join(directory, "registry", repository), { recursive: true });
}

async function showReset(blob: BlobId, host: string): Promise<void> {
  const proxy = await startBreakingProxy(host, 0.7 * blob.size);
  try {
    await show(blob, { name: "reset at 70 %", repository: "reset", host: proxy.host, chunkBytes });
    const times = proxy.bytesSent() / blob.size;
    const isGood = proxy.resets() === 1 && times < limitSent;
    if (!isGood) process.exitCode = 1;
    const verdict = isGood ? "" : `  NOT one reset and less than ${String(limitSent)} times`;
    console.log(
      `${"".padEnd(16)} ${String(proxy.bytesSent())} bytes sent in all, ${times.toFixed(3)} times the blob, ` +
        `${String(proxy.resets())} reset${verdict}`,
    );
  } finally {
    proxy.close();
  }
}

/** The registry says where it is as the first thing it says. */
async function hostOf({ stdout }: ChildProcess): Promise<string> {
  let said = "";
  for await (const text of stdout ?? []) {
    said += String(text);
    const host = /"host": "(?<host>[^"]+)"/u.exec(said)?.groups?.["host"];
    if (host !== undefined) return host;
  }
  throw new Error(`the registry did not start: ${said}`);
}
