import { createWriteStream } from "node:fs";
import { mkdir, readFile, symlink, truncate } from "node:fs/promises";
import { createServer } from "node:net";
import path from "node:path";
import { generateKeyPair } from "@blob/sigstore-policy";
import type { Situation, World } from "./situation.js";

const utf16 = (text: string): Buffer =>
  Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(text, "utf16le")]);

/** What `TMPDIR` is for the duration of a situation: the system asks the process. */
function withTemporaryDirectory({ onEnd }: World, directory: string): void {
  const before = process.env["TMPDIR"];
  process.env["TMPDIR"] = directory;
  onEnd(() => {
    if (before === undefined) delete process.env["TMPDIR"];
    else process.env["TMPDIR"] = before;
  });
}

async function takenPort({ onEnd }: World): Promise<string> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onEnd(() => server.close());
  const address = server.address();
  return String(typeof address === "object" && address !== null ? address.port : 0);
}

async function localArchive({ work }: World): Promise<string> {
  const { runBlob } = await import("../run-blob.js");
  const out = path.join(work, "archive");
  const { code, stderr } = await runBlob(["create", "-c", "none", path.join(work, "site"), out]);
  if (code !== 0) throw new Error(stderr);
  return out;
}

/** Files, directories and ports of this machine that are not as they have to be. */
export const files: readonly Situation[] = [
  {
    name: "no directory for temporary files",
    async typed(world) {
      await world.push();
      withTemporaryDirectory(world, path.join(world.work, "nowhere"));
      const editor = { EDITOR: "true" };
      return { argv: ["config", "edit"], env: editor };
    },
    exit: 1,
    line: "",
    hint: "",
  },
  {
    name: "a disk that is full",
    async typed(world) {
      await world.push();
      if (process.platform !== "linux") {
        console.info("not shown here: /dev/full, which only Linux has");
        return undefined;
      }
      return { argv: ["cat", world.reference, "a.txt"], stdout: createWriteStream("/dev/full") };
    },
    exit: 1,
    line: "",
    hint: "",
  },
  {
    name: "a port that is taken, for serve",
    async typed(world) {
      await world.push();
      return { argv: ["serve", world.reference, "--port", await takenPort(world)] };
    },
    exit: 2,
    line: "",
    hint: "",
  },
  {
    name: "a port that is taken, for registry serve",
    async typed(world) {
      return {
        argv: ["registry", "serve", "--dir", path.join(world.work, "r"), "--port", await takenPort(world)],
      };
    },
    exit: 2,
    line: "",
    hint: "",
  },
  {
    name: "registry serve where nothing can be written",
    async typed({ write }) {
      return {
        argv: ["registry", "serve", "--dir", path.join(await write("file", "x"), "below"), "--port", "0"],
      };
    },
    exit: 2,
    line: "",
    hint: "",
  },
  {
    name: "a password with a byte order mark",
    typed({ registry, host }) {
      registry.quirks.basicAuth = { username: "ann", password: "s3cret" };
      return { argv: ["login", host, "-u", "ann", "--password-stdin"], stdin: "\ufeffs3cret\r\n" };
    },
    exit: 0,
    line: "",
    hint: undefined,
  },
  {
    name: "a password in UTF-16, as PowerShell writes files",
    typed({ registry, host }) {
      registry.quirks.basicAuth = { username: "ann", password: "s3cret" };
      return { argv: ["login", host, "-u", "ann", "--password-stdin"], stdin: utf16("s3cret\r\n") };
    },
    exit: 0,
    line: "",
    hint: undefined,
  },
  {
    name: "a password in UTF-16 that does not say so",
    typed({ host }) {
      return {
        argv: ["login", host, "-u", "ann", "--password-stdin"],
        stdin: Buffer.from("s3cret\r\n", "utf16le"),
      };
    },
    exit: 2,
    line: "",
    hint: "",
  },
  {
    name: "a configuration in UTF-16",
    async typed({ write }) {
      const config = await write("c.yaml", utf16("aliases:\n  website: file:/nothing\n"));
      return { argv: ["--config", config, "ls", "website"] };
    },
    exit: 4,
    line: "",
    hint: "",
  },
  {
    name: "a public key in UTF-16",
    async typed(world) {
      await world.push();
      const { publicKey } = await generateKeyPair({ password: "" });
      return { argv: ["verify", "--key", await world.write("k.pub", utf16(publicKey)), world.reference] };
    },
    exit: 5,
    line: "",
    hint: "",
  },
  {
    name: "a policy file with a byte order mark",
    async typed(world) {
      await world.push();
      const { publicKey } = await generateKeyPair({ password: "" });
      await world.write("k.pub", publicKey);
      const policy = await world.write("p.yaml", utf16("signature:\n  key:\n    path: k.pub\n"));
      return { argv: ["verify", "--policy", policy, world.reference] };
    },
    exit: 5,
    line: "",
    hint: "",
  },
  {
    name: "an encrypted key without a terminal",
    async typed(world) {
      await world.push();
      const { privateKey } = await generateKeyPair({ password: "x" });
      return { argv: ["sign", "--no-log", "--key", await world.write("k.key", privateKey), world.reference] };
    },
    exit: 3,
    line: "",
    hint: "",
  },
  {
    name: "an encrypted key with another password",
    async typed(world) {
      await world.push();
      const { privateKey } = await generateKeyPair({ password: "x" });
      return {
        argv: ["sign", "--no-log", "--key", await world.write("k.key", privateKey), world.reference],
        env: { BLOB_KEY_PASSWORD: "y" },
      };
    },
    exit: 3,
    line: "",
    hint: "",
  },
  {
    name: "a key file that is not there",
    typed: ({ work, reference }) => ({ argv: ["verify", "--key", path.join(work, "k.pub"), reference] }),
    exit: 2,
    line: "",
    hint: "",
  },
  {
    name: "a local archive that is damaged",
    async typed(world) {
      const out = await localArchive(world);
      const data = await readFile(path.join(out, "data.blob"));
      data[0] = 0;
      await world.write("archive/data.blob", data);
      return { argv: ["cat", `file:${out}`, "a.txt"] };
    },
    exit: 5,
    line: "",
    hint: "",
  },
  {
    name: "a local archive whose data was cut off",
    async typed(world) {
      const out = await localArchive(world);
      await truncate(path.join(out, "data.blob"), 2);
      return { argv: ["cat", `file:${out}`, "a.txt"] };
    },
    exit: 5,
    line: "",
    hint: "",
  },
  {
    name: "a directory that is in the way of a file",
    async typed(world) {
      await world.push();
      await world.write("out/a.txt/in-the-way", "x");
      return { argv: ["pull", world.reference, path.join(world.work, "out")] };
    },
    exit: 1,
    line: "",
    hint: "",
  },
  {
    name: "a link out of the directory that is pulled to",
    async typed(world) {
      await world.push();
      await mkdir(path.join(world.work, "out"));
      await symlink("/", path.join(world.work, "out/docs"));
      return { argv: ["pull", world.reference, path.join(world.work, "out")] };
    },
    exit: 1,
    line: "",
    hint: "",
  },
  {
    name: "bundles a line each, the second of which holds",
    async typed(world) {
      const { runBlob } = await import("../run-blob.js");
      await world.push();
      const { privateKey, publicKey } = await generateKeyPair({ password: "" });
      const key = await world.write("k.key", privateKey);
      const signing = [
        "sign",
        "--no-log",
        "--key",
        key,
        "--output-signature",
        path.join(world.work, "b.json"),
      ];
      await runBlob([...signing, world.reference], { env: { BLOB_PLAIN_HTTP: "1", BLOB_KEY_PASSWORD: "" } });
      const bundle = await readFile(path.join(world.work, "b.json"), "utf8");
      const lines = await world.write(
        "b.jsonl",
        `${JSON.stringify({ mediaType: "none" })}\n${JSON.stringify(JSON.parse(bundle))}\n`,
      );
      const { descriptor } = await world.registry.registry.manifest("acme/site", "v1");
      return {
        argv: [
          "verify-bundle",
          "--bundle",
          lines,
          "--key",
          await world.write("k.pub", publicKey),
          descriptor.digest,
        ],
      };
    },
    exit: 0,
    line: "",
    hint: undefined,
  },
  {
    name: "a bundle that is none",
    async typed(world) {
      await world.push();
      const { publicKey } = await generateKeyPair({ password: "" });
      const bundle = await world.write("b.json", "<html>");
      return {
        argv: ["verify-bundle", "--bundle", bundle, "--key", await world.write("k.pub", publicKey), bundle],
      };
    },
    exit: 5,
    line: "",
    hint: "",
  },
];
