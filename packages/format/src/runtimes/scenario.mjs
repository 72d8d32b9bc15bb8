// What somebody does with the package, in JavaScript that does not know where it runs.

/**
 * Reads the archives of a server and posts what it found, or the error, to `/report`.
 *
 * @param {() => Promise<typeof import("../index.js")>} load the main entry
 * @param {string} origin of the server
 * @param {string} archives the origin of the archives, which may be another one
 */
export async function runScenario(load, origin, archives = origin) {
  let outcome;
  try {
    const format = await load();
    outcome = {
      zstd: await readArchive(format, `${archives}/archives/zstd/`),
      none: await readArchive(format, `${archives}/archives/none/`),
      damaged: await readDamagedArchive(format, `${archives}/archives/damaged/`),
    };
  } catch (error) {
    outcome = { error: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
  await fetch(`${origin}/report`, { method: "POST", body: JSON.stringify(outcome) });
  return outcome;
}

/**
 * @param {typeof import("../index.js")} format
 * @param {string} folder
 */
async function open(format, folder) {
  const response = await fetch(`${folder}index.blob`);
  const index = new Uint8Array(await response.arrayBuffer());
  return format.openArchive(index, await format.createHttpByteSource(`${folder}data.blob`));
}

/**
 * @param {typeof import("../index.js")} format
 * @param {string} folder
 */
async function readArchive(format, folder) {
  const archive = await open(format, folder);
  const { dataSize, dataHash } = archive;
  const encoded = format.encodeIndex({ entries: [...archive.entries()], dataSize, dataHash });
  return {
    paths: Array.from(archive.entries(), ({ path }) => path),
    root: archive.readDirectory(".").map(({ kind, name }) => `${kind} ${name}`),
    filesInDocs: archive.directoryStats("docs").files,
    isEncodedAlike: toHex(encoded) === toHex(archive.index),
    compression: archive.entry("docs/hello.txt")?.compression,
    text: await archive.readFile("docs/hello.txt", "utf8"),
    empty: (await archive.readFile("docs/empty.txt")).length,
    stream: await hashStream(format, archive.stream("large.log")),
  };
}

/**
 * @param {typeof import("../index.js")} format
 * @param {string} folder
 */
async function readDamagedArchive(format, folder) {
  const archive = await open(format, folder);
  const controller = new AbortController();
  return {
    readFile: await failureOf(format, () => archive.readFile("docs/hello.txt")),
    stream: await failureOf(format, () => hashStream(format, archive.stream("docs/hello.txt"))),
    missing: await failureOf(format, () => archive.readFile("docs/none.txt")),
    aborted: await failureOf(format, async () => {
      for await (const chunk of archive.stream("large.log", { signal: controller.signal })) {
        controller.abort(new Error(chunk.length > 0 ? "enough" : "an empty chunk"));
      }
    }),
    afterwards: await archive.readFile("docs/intact.txt", "utf8"),
  };
}

/**
 * @param {typeof import("../index.js")} format
 * @param {AsyncIterable<Uint8Array>} chunks
 */
async function hashStream(format, chunks) {
  const hasher = format.portableSha256.create();
  let bytes = 0;
  for await (const chunk of chunks) {
    hasher.update(chunk);
    bytes += chunk.length;
  }
  return { bytes, sha256: toHex(hasher.digest()) };
}

/**
 * @param {typeof import("../index.js")} format
 * @param {() => Promise<unknown>} operation
 */
async function failureOf(format, operation) {
  try {
    await operation();
    return "no error";
  } catch (error) {
    if (format.isFormatError(error)) return { code: error.code, path: error.path };
    return error instanceof Error ? error.message : String(error);
  }
}

/** @param {Uint8Array} bytes */
function toHex(bytes) {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
