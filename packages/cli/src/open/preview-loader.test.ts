import { setTimeout as pause } from "node:timers/promises";
import type { Archive, ByteRange, ByteSource, DirectoryEntry } from "@blob/format";
import { bufferSource, openArchive } from "@blob/format";
import { createArchive } from "@blob/format/node";
import { expect, test } from "vitest";
import { memoryArchive } from "../testing/memory-archive.js";
import type { Highlighter } from "./highlighter.js";
import type { Preview } from "./preview.js";
import type { PreviewLoader } from "./preview-loader.js";
import { createPreviewLoader } from "./preview-loader.js";

const plain: Highlighter = { highlight: () => Promise.resolve(undefined), close: () => Promise.resolve() };

interface Loading {
  readonly loader: PreviewLoader;
  readonly reads: ByteRange[];
  readonly aborted: () => number;
  readonly show: (path: string) => void;
  /** The next preview of a path. */
  readonly next: (path: string) => Promise<Preview>;
}

function loading(
  files: Record<string, string | Uint8Array>,
  behave: (read: number) => "ok" | "wrong" | "fails" | "hangs" = () => "ok",
): Loading {
  const reads: ByteRange[] = [];
  let aborted = 0;
  const archive: Archive = memoryArchive(files, (source) => ({
    ...source,
    async *read(range, options) {
      reads.push(range);
      const how = behave(reads.length);
      if (how === "fails") throw new Error("the network is\u001b[31m down");
      if (how === "hangs") {
        await new Promise((_, reject) =>
          options?.signal?.addEventListener("abort", () => {
            aborted += 1;
            reject(new Error("aborted"));
          }),
        );
      }
      for await (const chunk of source.read(range))
        yield how === "wrong" ? chunk.map((byte) => byte ^ 1) : chunk;
    },
  }));
  const waiting = new Map<string, (preview: Preview) => void>();
  const loader = createPreviewLoader({
    archive,
    highlighter: plain,
    restMs: 5,
    onPreview: (path, preview) => waiting.get(path)?.(preview),
  });
  return {
    loader,
    reads,
    aborted: () => aborted,
    show: (path) => loader.show(archive.stat(path) as DirectoryEntry),
    next: (path) => new Promise((resolve) => waiting.set(path, resolve)),
  };
}

test("a file that the cursor rests on is one request, and none when it comes back", async () => {
  const { show, next, reads } = loading({ a: "text", b: "other" });
  let preview = next("b");
  // The cursor moves over `a`.
  show("a");
  show("b");
  expect(await preview).toMatchObject({ kind: "text" });
  expect(reads).toHaveLength(1);
  preview = next("b");
  show("b");
  expect(await preview).toMatchObject({ kind: "text" });
  expect(reads).toHaveLength(1);
});

test("of a large file only the beginning is asked for", async () => {
  const { show, next, reads } = loading({ large: "x".repeat(1_000_000) });
  const preview = next("large");
  show("large");
  expect(await preview).toMatchObject({ kind: "text", note: "the first 64 KiB, not verified" });
  expect(reads).toEqual([{ offset: 0, length: 65_536 }]);
});

test("of a file that is cut into chunks it is verified, and no more than a chunk is asked for", async () => {
  const content = Buffer.alloc(6_000_000, "lines of a log\n");
  const pieces: Uint8Array[] = [];
  const sink = { write: (piece: Uint8Array) => void pieces.push(piece.slice()) };
  const { index } = await createArchive([{ path: "a.log", content }], sink, { compression: "none" });
  const reads: ByteRange[] = [];
  const source = bufferSource(new Uint8Array(Buffer.concat(pieces)));
  const counted: ByteSource = {
    ...source,
    read(range, options) {
      reads.push(range);
      return source.read(range, options);
    },
  };
  const archive = openArchive(index.bytes, counted);
  let tell: (preview: Preview) => void = () => undefined;
  const preview = new Promise<Preview>((resolve) => (tell = resolve));
  const loader = createPreviewLoader({
    archive,
    highlighter: plain,
    restMs: 5,
    onPreview: (_, shown) => tell(shown),
  });
  loader.show(archive.stat("a.log") as DirectoryEntry);
  expect(await preview).toMatchObject({ kind: "text", note: "the first 64 KiB" });
  expect(reads).toEqual([{ offset: 0, length: 1024 * 1024 }]);
  loader.close();
});

test("a read that is no longer wanted is aborted, and tells nothing", async () => {
  const { show, next, reads, aborted } = loading({ a: "a", b: "b" }, (read) => (read === 1 ? "hangs" : "ok"));
  let told = false;
  void next("a").then(() => (told = true));
  show("a");
  while (reads.length === 0) await pause(1);
  const preview = next("b");
  show("b");
  expect(await preview).toMatchObject({ kind: "text" });
  expect([aborted(), told]).toEqual([1, false]);
});

test("damaged content is an error that is shown instead of it", async () => {
  const { show, next } = loading({ a: "text" }, () => "wrong");
  const preview = next("a");
  show("a");
  expect(await preview).toEqual({ kind: "error", message: expect.stringContaining("damaged") as string });
});

test("after an error the file is read again", async () => {
  const { show, next } = loading({ a: "text" }, (read) => (read === 1 ? "fails" : "ok"));
  let preview = next("a");
  show("a");
  expect(await preview).toMatchObject({ kind: "error" });
  preview = next("a");
  show("a");
  expect(await preview).toMatchObject({ kind: "text" });
});

test("a directory needs no request", async () => {
  const { show, next, reads } = loading({ "d/a": "12", "d/b": "345" });
  const preview = next("d");
  show("d");
  expect(await preview).toMatchObject({ kind: "directory", stats: { files: 2, size: 5 } });
  expect(reads).toEqual([]);
});
