import type { Archive } from "@blob/format";
import { expect, test } from "vitest";
import { countEntries } from "../testing/count-entries.js";
import { memoryArchive } from "../testing/memory-archive.js";
import { createLister, entriesPerPage } from "./listing.js";

const { signal } = new AbortController();

test("pages of a directory with 130,000 files and directories make their own entries only", async () => {
  const names = Array.from({ length: 130_000 }, (_, at) => String(at).padStart(6, "0"));
  const files = names.map((name, at) => [at % 2 === 0 ? `d/${name}` : `d/${name}/file`, ""]);
  const { archive, made } = countEntries(memoryArchive(Object.fromEntries(files) as Record<string, string>));
  const list = createLister(archive);
  const first = await list("d", { filter: "", page: 1 }, signal);
  expect(first).toMatchObject({ total: 130_000, found: 130_000, page: 1, pages: 260 });
  expect(first.entries.slice(0, 2).map(({ kind, name }) => [kind, name])).toEqual([
    ["directory", "000001"],
    ["directory", "000003"],
  ]);
  const last = await list("d", { filter: "", page: 1000 }, signal);
  expect(last.page).toBe(260);
  expect(last.entries.at(-1)).toMatchObject({ kind: "file", name: "129998" });
  const filtered = await list("d", { filter: "99", page: 2 }, signal);
  expect(filtered.found).toBe(names.filter((name) => name.includes("99")).length);
  expect(made()).toBe(3 * entriesPerPage);
});

test("other work gets its turn while names are compared with a filter", async () => {
  const files = Object.fromEntries(Array.from({ length: 60_000 }, (_, at) => [`d/${String(at)}`, ""]));
  const list = createLister(memoryArchive(files));
  await list("d", { filter: "", page: 1 }, signal);
  let turns = 0;
  const count = (): void => {
    turns += 1;
    next = setImmediate(count);
  };
  let next = setImmediate(count);
  const listed = await list("d", { filter: "7", page: 1 }, signal);
  clearImmediate(next);
  expect(turns).toBeGreaterThanOrEqual(10);
  expect(listed.found).toBeGreaterThan(20_000);
  // The next page is there at once.
  const again = list("d", { filter: "7", page: 2 }, AbortSignal.abort(new Error("not looked at")));
  expect((await again).found).toBe(listed.found);
});

test("a client that leaves ends the comparing", async () => {
  const files = Object.fromEntries(Array.from({ length: 60_000 }, (_, at) => [`d/${String(at)}`, ""]));
  const archive: Archive = memoryArchive(files);
  const gone = new AbortController();
  const listed = createLister(archive)("d", { filter: "7", page: 1 }, gone.signal);
  gone.abort(new Error("gone"));
  await expect(listed).rejects.toThrow("gone");
});
