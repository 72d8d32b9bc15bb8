import path from "node:path";
import { createTemporaryDirectory, startTestRegistry, writeTree } from "@blob/testing";
import { runBlob } from "../run-blob.js";
import type { Situation, World } from "./situation.js";

/** What the command said, with the names of the table. */
export interface Said {
  readonly line: string;
  readonly hint: string | undefined;
  readonly exit: number;
  /** What there was beside the first line and the hint. */
  readonly rest: string;
}

/** Brings a situation about, with a registry and files of its own, and runs the command in it. Undefined where this machine cannot. */
export async function enact({ typed }: Situation): Promise<Said | undefined> {
  const directory = await createTemporaryDirectory();
  const registry = await startTestRegistry();
  const ends: (() => unknown)[] = [() => directory.remove(), () => registry.close()];
  const { host } = registry;
  const work = directory.path;
  const reference = `${host}/acme/site:v1`;
  const plain = { BLOB_PLAIN_HTTP: "1" };
  try {
    await writeTree(path.join(work, "site"), { "a.txt": "hello\n", "docs/b.txt": "b" });
    const world: World = {
      work,
      registry,
      host,
      reference,
      async push() {
        const { code, stderr } = await runBlob(["push", reference, path.join(work, "site")], { env: plain });
        if (code !== 0) throw new Error(stderr);
      },
      async write(name, content) {
        await writeTree(work, { [name]: content });
        return path.join(work, name);
      },
      onEnd: (end) => void ends.push(end),
    };
    const what = await typed(world);
    if (what === undefined) return undefined;
    const { argv, tls = false, names = {}, env, ...options } = what;
    const { code, stderr, stdout } = await runBlob(argv, {
      homeDirectory: path.join(work, "home"),
      ...options,
      env: { ...(tls ? {} : plain), ...env },
    });
    // What doctor has to say is its result.
    const said = renamed(argv[0] === "doctor" ? `${stdout}${stderr}` : stderr, {
      ...names,
      [host]: "HOST",
      [work]: "WORK",
    });
    const lines = said.split("\n").filter((one) => one !== "");
    const at = lines.findIndex((one) => one.startsWith("error["));
    const hint = lines.find((one) => /^\s*hint: /u.test(one))?.trim();
    return {
      line: lines[at] ?? "",
      hint: hint?.slice("hint: ".length),
      exit: code,
      rest: lines.filter((one, index) => index !== at && one.trim() !== hint).join("\n"),
    };
  } finally {
    for (const end of ends.toReversed()) await end();
  }
}

function renamed(text: string, names: Readonly<Record<string, string>>): string {
  let result = text;
  for (const [name, instead] of Object.entries(names)) result = result.replaceAll(name, instead);
  return result
    .replaceAll(/sha256:[0-9a-f]{64}/gu, "DIGEST")
    .replaceAll(/(?<![A-Za-z0-9+/])[A-Za-z0-9+/]{43}=(?=:)/gu, "KEY")
    .replaceAll(/blob-config-\w+/gu, "blob-config-RANDOM")
    .replaceAll(/\bport \d+/gu, "port PORT")
    .replaceAll(/\b(127\.0\.0\.1|localhost):\d+/gu, "$1:PORT");
}
