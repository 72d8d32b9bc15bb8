import { chmodSync, readdirSync, readFileSync, utimesSync } from "node:fs";
import path from "node:path";
import { createTemporaryDirectory, startTestRegistry, writeTree } from "@blob/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import { runBlob } from "./testing/run-blob.js";

const recorded = path.join(import.meta.dirname, "../fixtures/go-command");
const goHost = "127.0.0.1:5773";

/** What the commands were, in the order in which they need each other. */
const commands: readonly (readonly [name: string, ...argv: string[]])[] = [
  ["push", "push", "REF", "WORK/src", "--annotation", "org.example.a=b"],
  ["ls", "ls", "REF"],
  ["ls-long", "ls", "-l", "--digest", "REF", "sub"],
  ["tree", "tree", "REF"],
  ["inspect", "inspect", "REF"],
  ["pull", "pull", "REF", "WORK/dest"],
  ["cp", "cp", "REF:/a.txt", "REF:/sub", "WORK/cpdest"],
  ["cp-one", "cp", "REF:/sub/config.yaml", "WORK/newdir/"],
  ["tag", "tag", "REF", "HOST/acme/site:v2"],
  ["config-show", "config", "show"],
  ["alias-set", "alias", "set", "site", "REF"],
  ["alias-list", "alias", "list"],
  ["alias-remove", "alias", "remove", "site"],
  ["cache-path", "cache", "path"],
  ["cache-status", "cache", "status"],
  ["cache-clear", "cache", "clear", "--force"],
];

/** These do not print JSON there, or what they print is a deliberate difference: the migration page has the reasons. */
const others = ["config-path", "version", "missing", "verify"];

/** Fields whose values depend on time, compressor or spelling of units, or say more here. */
const ownValues = new Set([
  "created",
  "digest",
  "compressed",
  "ratio",
  "size_human",
  "total_size_human",
  "org.opencontainers.image.created",
]);

let work = "";
let host = "";
let close: () => Promise<void> = () => Promise.resolve();

beforeAll(async () => {
  const temporary = await createTemporaryDirectory();
  const registry = await startTestRegistry();
  work = temporary.path;
  host = registry.host;
  close = async () => {
    await registry.close();
    await temporary.remove();
  };
  await writeTree(path.join(work, "src"), {
    "a.txt": "hello\n",
    "sub/config.yaml": "key: value\n",
    "sub/big.txt": "x".repeat(3000),
  });
  chmodSync(path.join(work, "src/a.txt"), 0o600);
  const time = Date.parse("2024-01-02T03:04:05Z") / 1000;
  for (const name of ["sub/config.yaml", "sub/big.txt"]) {
    chmodSync(path.join(work, "src", name), 0o644);
    utimesSync(path.join(work, "src", name), time, time);
  }
});

afterAll(() => close());

test("every recorded answer is tried", () => {
  const names = readdirSync(recorded).filter((name) => name.endsWith(".json"));
  expect(names.map((name) => path.basename(name, ".json")).toSorted()).toEqual(
    [...commands.map(([name]) => name), ...others].toSorted(),
  );
});

test(
  "every field that the Go command prints is in ours, with its type and meaning",
  { timeout: 300_000 },
  async () => {
    for (const [name, ...argv] of commands) {
      const given = argv.map((word) =>
        word.replace("REF", `${host}/acme/site:v1`).replace("HOST", host).replace("WORK", work),
      );
      const ran = await runBlob(["--plain-http", "--output", "json", ...given], {
        homeDirectory: path.join(work, "home"),
      });
      expect([name, ran.code, ran.stderr]).toEqual([name, 0, ""]);
      const ours = ran.stdout.replaceAll(host, goHost).replaceAll(work, "WORK");
      const theirs = readFileSync(path.join(recorded, `${name}.json`), "utf8");
      compare(name, JSON.parse(theirs), JSON.parse(ours));
    }
  },
);

function compare(at: string, theirs: unknown, ours: unknown): void {
  if (Array.isArray(theirs)) {
    expect([at, Array.isArray(ours)]).toEqual([at, true]);
    for (const [index, one] of theirs.entries()) {
      compare(`${at}[${String(index)}]`, one, Array.isArray(ours) ? ours[index] : undefined);
    }
  } else if (typeof theirs === "object" && theirs !== null) {
    expect([at, typeof ours]).toEqual([at, "object"]);
    for (const [key, one] of Object.entries(theirs)) {
      const own: unknown = typeof ours === "object" && ours !== null ? Reflect.get(ours, key) : undefined;
      if (ownValues.has(key) || at.startsWith("cache-"))
        expect([at, key, typeof own]).toEqual([at, key, typeof one]);
      else compare(`${at}.${key}`, one, own);
      if (key === "digest" && at.startsWith("ls-long")) expect(String(own)).toContain(String(one));
    }
  } else {
    expect([at, ours]).toEqual([at, theirs]);
  }
}
