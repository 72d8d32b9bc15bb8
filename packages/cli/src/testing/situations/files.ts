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
    line: "error[TemporaryDirectory]: WORK/nowhere: no temporary file can be made there: ENOENT: no such file or directory, mkdtemp 'WORK/nowhere/blob-config-RANDOM'",
    hint: "set TMPDIR to a directory that exists and can be written to",
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
    line: "error[Output]: standard output cannot be written: ENOSPC: no space left on device, write",
    hint: "what was written is not complete",
  },
  {
    name: "a port that is taken, for serve",
    async typed(world) {
      await world.push();
      return { argv: ["serve", world.reference, "--port", await takenPort(world)] };
    },
    exit: 2,
    line: "error[Usage]: cannot listen at 127.0.0.1, port PORT: listen EADDRINUSE: address already in use 127.0.0.1:PORT",
    hint: "another program has that port: choose another with --port, or any free one with --port PORT",
  },
  {
    name: "a port that is taken, for registry serve",
    async typed(world) {
      return {
        argv: ["registry", "serve", "--dir", path.join(world.work, "r"), "--port", await takenPort(world)],
      };
    },
    exit: 2,
    line: "error[Usage]: cannot listen at 127.0.0.1, port PORT: listen EADDRINUSE: address already in use 127.0.0.1:PORT",
    hint: "another program has that port: choose another with --port, or any free one with --port PORT",
  },
  {
    name: "registry serve where nothing can be written",
    async typed({ write }) {
      return {
        argv: ["registry", "serve", "--dir", path.join(await write("file", "x"), "below"), "--port", "0"],
      };
    },
    exit: 2,
    line: "error[Usage]: --dir WORK/file/below: nothing can be written there: ENOTDIR: not a directory, mkdir 'WORK/file/below'",
    hint: "check the spelling of the path",
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
    line: "error[Usage]: --password-stdin: the password has NUL bytes in it: write it as UTF-8",
    hint: "`blob login --help` lists the arguments and flags",
  },
  {
    name: "a configuration in UTF-16",
    async typed({ write }) {
      const config = await write("c.yaml", utf16("aliases:\n  website: file:/nothing\n"));
      return { argv: ["--config", config, "ls", "website"] };
    },
    exit: 4,
    line: 'error[NotFound]: "/nothing": there is no archive: "/nothing/index.blob" does not exist',
    hint: "check the spelling of the path; `blob create` makes such an archive of a directory",
  },
  {
    name: "a public key in UTF-16",
    async typed(world) {
      await world.push();
      const { publicKey } = await generateKeyPair({ password: "" });
      return { argv: ["verify", "--key", await world.write("k.pub", utf16(publicKey)), world.reference] };
    },
    exit: 5,
    line: "error[PolicyViolation]: HOST/acme/site:v1 is refused by policy: signed with the key KEY: acme/site@DIGEST has no Sigstore bundle",
    hint: "`blob verify` shows what each policy found; `blob inspect` lists what is attached",
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
    line: "error[PolicyViolation]: HOST/acme/site:v1 is refused by policy: signed with the key KEY: acme/site@DIGEST has no Sigstore bundle",
    hint: "`blob verify` shows what each policy found; `blob inspect` lists what is attached",
  },
  {
    name: "an encrypted key without a terminal",
    async typed(world) {
      await world.push();
      const { privateKey } = await generateKeyPair({ password: "x" });
      return { argv: ["sign", "--no-log", "--key", await world.write("k.key", privateKey), world.reference] };
    },
    exit: 3,
    line: "error[PasswordRequired]: WORK/k.key is encrypted: give its password",
    hint: "set BLOB_KEY_PASSWORD: there is no terminal to ask for the password at",
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
    line: "error[WrongPassword]: the password of WORK/k.key is wrong, or the file is damaged",
    hint: "the password comes from BLOB_KEY_PASSWORD, else from COSIGN_PASSWORD, else from the terminal",
  },
  {
    name: "a key file that is not there",
    typed: ({ work, reference }) => ({ argv: ["verify", "--key", path.join(work, "k.pub"), reference] }),
    exit: 2,
    line: "error[Usage]: --key WORK/k.pub: ENOENT: no such file or directory, open 'WORK/k.pub'",
    hint: "check the spelling of the path",
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
    line: 'error[HashMismatch]: "a.txt" does not have the content that the index promises: the data part is damaged or another one',
    hint: "the stored bytes are damaged or were tampered with: push the archive again from a good copy",
  },
  {
    name: "a local archive whose data was cut off",
    async typed(world) {
      const out = await localArchive(world);
      await truncate(path.join(out, "data.blob"), 2);
      return { argv: ["cat", `file:${out}`, "a.txt"] };
    },
    exit: 5,
    line: "error[SourceMismatch]: The data part has 2 bytes, and the index promises 7: they do not belong together",
    hint: "the two files of the archive do not belong together, or one was cut off: get both again from a good copy",
  },
  {
    name: "a directory that is in the way of a file",
    async typed(world) {
      await world.push();
      await world.write("out/a.txt/in-the-way", "x");
      return { argv: ["pull", world.reference, path.join(world.work, "out")] };
    },
    exit: 1,
    line: 'error[DestinationConflict]: "a.txt" is a directory where a file belongs',
    hint: "move it away, or choose an empty directory",
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
    line: 'error[DestinationConflict]: "WORK/out/docs" is in the way of a directory; move it away, or extract somewhere else',
    hint: "move it away, or choose an empty directory",
  },
  {
    name: "bundles a line each, the second of which holds",
    async typed(world) {
      const { runBlob } = await import("../run-blob.js");
      await world.push();
      const { privateKey, publicKey } = await generateKeyPair({ password: "" });
      const key = await world.write("k.key", privateKey);
      const signing = ["sign", "--no-log", "--key", key, "--signature-file", path.join(world.work, "b.json")];
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
    line: "error[NotVerified]: the bundle is not JSON",
    hint: "check that it is the bundle of this very artifact, and who has to have signed it",
  },
];
