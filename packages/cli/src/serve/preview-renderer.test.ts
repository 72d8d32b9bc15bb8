import { writeFile } from "node:fs/promises";
import path from "node:path";
import { pathToFileURL } from "node:url";
import type { TemporaryDirectory } from "@blob/testing";
import { createTemporaryDirectory } from "@blob/testing";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { compiledThread } from "../testing/compiled-thread.js";
import type { PreviewRenderer } from "./preview-renderer.js";
import { createPreviewRenderer } from "./preview-renderer.js";

const compiled = compiledThread("serve/preview-worker.ts");
const { signal } = new AbortController();
let directory: TemporaryDirectory;
beforeAll(async () => void (directory = await createTemporaryDirectory()));
afterAll(() => directory.remove());

/** A thread that answers with the text, hangs on `hang`, dies of `die`, and takes all memory for `fill`. */
async function worker(): Promise<URL> {
  const file = path.join(directory.path, "worker.mjs");
  await writeFile(
    file,
    `import { parentPort } from "node:worker_threads";
     parentPort.on("message", ({ text }) => {
       if (text === "hang") for (;;);
       if (text === "die") throw new Error("dead");
       if (text === "exit") process.exit();
       if (text === "fill") for (const kept = []; ; ) kept.push(new Array(1000).fill({}));
       parentPort.postMessage(text);
     });`,
  );
  return pathToFileURL(file);
}

function rendererOf(url: URL, timeoutMs?: number): PreviewRenderer {
  const renderer = createPreviewRenderer({ url, timeoutMs });
  onTestFinished(() => renderer.close());
  return renderer;
}

const text = (content: string) => ({ kind: "text", path: "a.js", text: content }) as const;

test.each(["hang", "die", "exit", "fill"])(
  "a text that the thread does not get done (%s) is not rendered, and the next one is",
  async (content) => {
    const renderer = rendererOf(await worker(), content === "hang" ? 2000 : 10_000);
    expect(await renderer.render(text(content), signal)).toBeUndefined();
    expect((await renderer.render(text("next"), signal))?.source).toBe("next");
  },
);

test("who leaves ends the work, and the next one need not wait for it", async () => {
  const renderer = rendererOf(await worker(), 600_000);
  const gone = new AbortController();
  const left = renderer.render(text("hang"), gone.signal);
  const waiting = renderer.render(text("waiting"), gone.signal);
  const next = renderer.render(text("next"), signal);
  gone.abort(new Error("gone"));
  await expect(left).rejects.toThrow("gone");
  await expect(waiting).rejects.toThrow("gone");
  expect((await next)?.source).toBe("next");
});

test("closing ends what is under way", async () => {
  const renderer = rendererOf(await worker(), 600_000);
  const under = renderer.render(text("hang"), signal);
  await renderer.close();
  expect(await under).toBeUndefined();
});

test("where there is no thread to start, text has to do", async () => {
  const renderer = rendererOf(pathToFileURL(path.join(directory.path, "nothing.js")));
  expect(await renderer.render(text("x"), signal)).toBeUndefined();
});

test("the thread renders Markdown and highlights text", async () => {
  const renderer = rendererOf(compiled, 60_000);
  const markdown = { kind: "markdown", path: "docs/a.md", text: "# Title\n\n[x](b.md)" } as const;
  expect((await renderer.render(markdown, signal))?.source).toContain('<a href="/docs/b.md?preview">x</a>');
  expect((await renderer.render(text("const a = '<';\n"), signal))?.source).toBe(
    `<span class="l"><span class="k">const</span> a = <span class="s">&#39;&#60;&#39;</span>;</span>`,
  );
});

test("markup that is too large for a page is none", async () => {
  const renderer = rendererOf(compiled, 60_000);
  const links = {
    kind: "markdown",
    path: `${"deep/".repeat(700)}a.md`,
    text: "[](a)\n".repeat(4000),
  } as const;
  expect(await renderer.render(links, signal)).toBeUndefined();
});
