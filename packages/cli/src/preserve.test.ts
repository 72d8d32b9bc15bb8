import { chmodSync, statSync, utimesSync } from "node:fs";
import path from "node:path";
import process from "node:process";
import { createTemporaryDirectory, writeTree } from "@blob/testing";
import { expect, onTestFinished, test } from "vitest";
import { runBlob } from "./testing/run-blob.js";

const time = 1_600_000_000;

test("pull and cp keep permissions and times, unless they are told not to", async () => {
  if (process.platform === "win32") return console.log("not tested: modes, which Windows has not");
  const temporary = await createTemporaryDirectory();
  onTestFinished(() => temporary.remove());
  const at = (...names: readonly string[]): string => path.join(temporary.path, ...names);
  await writeTree(at("site"), { secret: "s", "bin/run": "#!/bin/sh\n" });
  chmodSync(at("site/secret"), 0o600);
  chmodSync(at("site/bin/run"), 0o4755);
  for (const name of ["secret", "bin/run"]) utimesSync(at("site", name), time, time);
  const reference = `oci:${at("layout")}:v1`;
  const blob = async (...argv: readonly string[]): Promise<void> => {
    expect(await runBlob(argv)).toMatchObject({ code: 0 });
  };
  const facts = (...names: readonly string[]): readonly [mode: number, isKept: boolean] => {
    const { mode, mtimeMs } = statSync(at(...names));
    return [mode & 0o7777, mtimeMs === time * 1000];
  };
  const byUmask = 0o666 & ~process.umask();

  await blob("push", reference, at("site"));
  await blob("pull", reference, at("kept"));
  expect([facts("kept/secret"), facts("kept/bin/run")]).toEqual([
    [0o600, true],
    [0o755, true],
  ]);
  await blob("pull", "--sync", reference, at("synced"));
  expect(facts("synced/bin/run")).toEqual([0o755, true]);
  await blob("cp", `${reference}:/bin`, at("copied"));
  expect(facts("copied/bin/run")).toEqual([0o755, true]);
  await blob("cp", "--preserve", `${reference}:/secret`, at("renamed"));
  expect(facts("renamed")).toEqual([0o600, true]);

  await blob("pull", "--no-preserve", reference, at("plain"));
  expect(facts("plain/bin/run")).toEqual([byUmask, false]);
  await blob("pull", "--preserve=false", "--preserve-mode", reference, at("half"));
  expect(facts("half/bin/run")).toEqual([0o755, false]);
  await blob("pull", "--no-preserve", "--preserve-times", reference, at("other-half"));
  expect(facts("other-half/bin/run")).toEqual([byUmask, true]);
  await blob("cp", "--no-preserve", `${reference}:/secret`, at("public"));
  expect(facts("public")).toEqual([byUmask, false]);
});
