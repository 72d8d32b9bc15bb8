import { createHash } from "node:crypto";
import { closeSync, openSync, readdirSync, readFileSync, readSync, statSync } from "node:fs";
import path from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { seededRandom } from "./corpus.js";

/** Content of one large file. */
export interface ChunkCorpus {
  readonly name: string;
  readonly content: Buffer;
}

const MiB = 2 ** 20;

/** What large files have in them: programs and sources of this machine, and the rest generated, the same everywhere. */
export function* chunkCorpora(bytesEach: number): Generator<ChunkCorpus, void, undefined> {
  yield { name: "binaries", content: binaries(bytesEach) };
  yield { name: "sources", content: sources(bytesEach) };
  yield { name: "JSON", content: json(bytesEach) };
  yield { name: "logs", content: logLines(bytesEach) };
  yield { name: "model weights", content: weights(bytesEach) };
}

/** Node itself and what lies beside it. */
function binaries(limit: number): Buffer {
  const folders = [path.dirname(process.execPath), "/usr/bin", "/usr/lib"];
  return joined([process.execPath, ...folders.flatMap((folder) => filesBelow(folder, 0))], limit);
}

/** The sources that are installed here: as in a tar, one after another. */
function sources(limit: number): Buffer {
  const root = fileURLToPath(new URL("../../node_modules", import.meta.url));
  const isSource = (file: string): boolean => /\.[cm]?[jt]s$/u.test(file);
  return joined(filesBelow(root, 8).filter(isSource), limit);
}

/** Regular files, in the order of their names; directories only so deep, and what cannot be read is left out. */
function filesBelow(folder: string, depth: number): string[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
      .toSorted((a, b) => (a.name < b.name ? -1 : 1))
      .flatMap((entry) => {
        const full = path.join(folder, entry.name);
        if (entry.isFile()) return [full];
        return entry.isDirectory() && depth > 0 ? filesBelow(full, depth - 1) : [];
      });
  } catch {
    return [];
  }
}

function joined(files: readonly string[], limit: number): Buffer {
  const target = Buffer.allocUnsafeSlow(limit);
  let size = 0;
  for (const file of new Set(files)) {
    if (size === limit) break;
    if (statSync(file).size <= MiB) size += readFileSync(file).copy(target, size);
    else size += readInto(file, target.subarray(size));
  }
  return target.subarray(0, size);
}

function readInto(file: string, target: Buffer): number {
  const handle = openSync(file, "r");
  try {
    return readSync(handle, target, 0, target.length, 0);
  } finally {
    closeSync(handle);
  }
}

/** A list of records, as a database gives them out. */
function json(limit: number): Buffer {
  const random = seededRandom("json");
  return generated(limit, (index) => {
    const record = {
      id: index,
      key: random.bytes(6).toString("hex"),
      user: { name: `user-${String(random.below(5000))}`, active: random.below(2) === 1 },
      at: new Date(1_700_000_000_000 + index * 977 + random.below(900)).toISOString(),
      note: random.text(20 + random.below(60)).toString(),
      values: [random.below(1000), random.below(1000) / 10],
    };
    return `${JSON.stringify(record)},\n`;
  });
}

function logLines(limit: number): Buffer {
  const random = seededRandom("logs");
  const levels = ["INFO", "INFO", "INFO", "WARN", "ERROR"];
  return generated(limit, (index) => {
    const at = new Date(1_700_000_000_000 + index * 37 + random.below(30)).toISOString();
    const address = `10.0.${String(random.below(256))}.${String(random.below(256))}`;
    const request = `GET /${random
      .text(10 + random.below(20))
      .toString()
      .replaceAll(" ", "/")}`;
    return `${at} ${levels[random.below(5)] ?? ""} [worker-${String(random.below(16))}] ${address} ${request} ${String(200 + random.below(4))} ${String(random.below(90_000))}us\n`;
  });
}

function generated(limit: number, lineOf: (index: number) => string): Buffer {
  const target = Buffer.allocUnsafeSlow(limit);
  let size = 0;
  for (let index = 0; size < limit; index += 1) size += target.write(lineOf(index), size, "latin1");
  return target;
}

/** Numbers of 32 bits around 0, as in models that were trained. */
function weights(limit: number): Buffer {
  const values = new Float32Array(limit / 4);
  let block = createHash("sha512").update("weights").digest();
  for (let at = 0; at < values.length; at += 16) {
    block = createHash("sha512").update(block).digest();
    for (let index = 0; index < 16; index += 1) {
      // The sum of uniform numbers is about normal.
      const low = block.readUInt16LE(4 * index) + block.readUInt16LE((4 * index + 6) % 62);
      values[at + index] = ((low + block.readUInt16LE(4 * index + 2)) / 98_304 - 1) * 0.05;
    }
  }
  return Buffer.from(values.buffer);
}
