// What somebody does with the package, in JavaScript that does not know where it runs.

/** @typedef {typeof import("../index.js") & typeof import("../handler/index.js")} Format */

/**
 * Reads the archives of a server and posts what it found, or the error, to `/report`.
 *
 * @param {() => Promise<Format>} load the portable entries
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
      handled: await askHandler(format, `${archives}/archives/handled/`),
    };
  } catch (error) {
    outcome = { error: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
  await fetch(`${origin}/report`, { method: "POST", body: JSON.stringify(outcome) });
  return outcome;
}

/**
 * @param {Format} format
 * @param {string} folder
 */
async function open(format, folder) {
  const response = await fetch(`${folder}index.blob`);
  const index = new Uint8Array(await response.arrayBuffer());
  return format.openArchive(index, await format.createHttpByteSource(`${folder}data.blob`));
}

/**
 * @param {Format} format
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
 * @param {Format} format
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
 * @param {Format} format
 * @param {string} folder
 */
async function askHandler(format, folder) {
  const archive = await open(format, folder);
  const handle = format.createArchiveHandler(archive, { index: "readme.md" });
  /** @param {string} path @param {Record<string, string>} headers */
  const ask = (path, headers = {}, method = "GET") => {
    // Not a `Request`: browsers let no program set what they accept.
    const { signal } = new AbortController();
    return handle({ url: `http://example.org${path}`, method, headers: new Headers(headers), signal });
  };
  const index = await ask("/");
  await index.text();
  const page = await handle(new Request("http://example.org/docs/hello.txt"));
  const etag = page.headers.get("etag") ?? "";
  const part = await ask("/docs/hello.txt", { range: "bytes=7-9" });
  const large = await handle(new Request("http://example.org/large.log"));
  const frames = await ask("/large.log", { "accept-encoding": "zstd, gzip" });
  const redirect = await ask("/docs");
  const head = await ask("/docs/hello.txt", {}, "HEAD");
  return {
    index: [index.status, index.headers.get("content-type")],
    page: await page.text(),
    part: [part.status, part.headers.get("content-range"), await part.text()],
    unchanged: (await ask("/docs/hello.txt", { "if-none-match": etag })).status,
    large: await hashStream(format, chunksOf(large)),
    frames: [frames.headers.get("content-encoding"), (await frames.arrayBuffer()).byteLength],
    redirect: [redirect.status, redirect.headers.get("location")],
    missing: (await ask("/docs/none.txt")).status,
    hostile: (await ask("/docs/%00")).status,
    head: [head.status, head.headers.get("content-length"), (await head.text()).length],
  };
}

/** @param {Response} response */
async function* chunksOf(response) {
  // Not all browsers iterate over a body.
  const reader = response.body?.getReader();
  for (;;) {
    const result = await reader?.read();
    if (result?.value === undefined) return;
    yield result.value;
  }
}

/**
 * @param {Format} format
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
 * @param {Format} format
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
