// What blob does, on a real directory: the packages of this repository.
// Archive it, push it to an OCI layout on disk and to a registry over HTTP, list it, read one file of it lazily,
// extract it and compare every byte. Exits with 1 when anything differs.
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { createClient } from "@blob/client";
import type { Archive } from "@blob/format";
import { extractArchive } from "@blob/format/node";
import { createMemoryRegistry } from "@blob/registry";
import { createRegistryServer } from "@blob/registry/server";
import { copySources } from "./copy-sources.js";
import { countTraffic } from "./count-traffic.js";
import { differences } from "./differences.js";
import { say, size } from "./say.js";

const packages = fileURLToPath(new URL("../../../packages", import.meta.url));
const workspace = await mkdtemp(path.join(tmpdir(), "blob-quickstart-"));
const server = await createRegistryServer(createMemoryRegistry()).listen({ port: 0 });
const traffic = countTraffic();
const client = createClient({ plainHttp: true, http: { trace: traffic.trace } });

try {
  const source = path.join(workspace, "source");
  await copySources(packages, source);

  const layout = `oci:${path.join(workspace, "layout")}:v1`;
  const pushed = await client.push(layout, source);
  say("archived", `${String(pushed.files)} files, ${size(pushed.size)} in ${size(pushed.data.size)} of data`);
  say("to a layout", pushed.descriptor.digest);

  const reference = `${server.host}/quickstart/packages:v1`;
  const remote = await client.pushArchive(reference, await client.pull(layout));
  say("to a registry", `${reference}, over HTTP`);

  traffic.reset();
  const archive = await client.pull(reference);
  say("listed", listing(archive));

  const file = "registry/README.md";
  const text = await archive.readFile(file, "utf8");
  const { requests, bytes } = traffic;
  const whole = archive.index.length + archive.dataSize;
  say("read", `${file}: ${String(text.length)} characters, the first: ${JSON.stringify(text.slice(0, 16))}`);
  say("that took", `${String(requests)} requests and ${size(bytes)} of the archive's ${size(whole)}`);

  const extracted = path.join(workspace, "extracted");
  const { files } = await extractArchive(archive, extracted, { preserveMode: true });
  const wrong = await differences(source, extracted);
  say("extracted", `${String(files)} files, ${wrong.length === 0 ? "all as they were" : "DIFFERENT"}`);

  const problems = [
    ...wrong.map((name) => `${name} differs after extraction`),
    ...(remote.descriptor.size > 0 ? [] : ["the manifest is empty"]),
    ...(text === (await readFile(path.join(source, file), "utf8")) ? [] : [`${file} was not read as it is`]),
    ...(requests === 3 ? [] : [`a cold read of one file took ${String(requests)} requests instead of 3`]),
  ];
  for (const problem of problems) console.error(`problem: ${problem}`);
  process.exitCode = problems.length === 0 ? 0 : 1;
} finally {
  await client.close();
  await server.close();
  await rm(workspace, { recursive: true, force: true });
}

function listing(archive: Archive): string {
  return archive
    .readDirectory("")
    .map(({ name, kind }) => (kind === "directory" ? `${name}/` : name))
    .join("  ");
}
