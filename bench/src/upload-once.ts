// upload-once.js HOST REPOSITORY DIGEST SIZE [CHUNK]: pushes the generated blob, in pieces of CHUNK bytes if given.
import process from "node:process";
import { createHttpRegistry, isDigest } from "@blob/registry";
import { generatedBytes } from "./generated-blob.js";

const [host = "", repository = "", name = "", bytes, chunk] = process.argv.slice(2);
const size = Number(bytes);
if (!isDigest(name)) throw new Error(`"${name}" is not a digest`);
const digest = name;
const registry = createHttpRegistry(host, {
  plainHttp: true,
  ...(chunk === undefined ? {} : { chunkBytes: Number(chunk) }),
});
try {
  const pushed = await registry.pushBlob(repository, { digest, size }, () => generatedBytes(size));
  if (pushed !== "uploaded") throw new Error(`nothing was measured: ${repository} says "${pushed}"`);
} finally {
  await registry.close();
}
