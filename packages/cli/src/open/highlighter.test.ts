import { writeFile } from "node:fs/promises";
import path from "node:path";
import { pathToFileURL } from "node:url";
import type { TemporaryDirectory } from "@blob/testing";
import { createTemporaryDirectory } from "@blob/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createHighlighter } from "./highlighter.js";

let directory: TemporaryDirectory;
beforeAll(async () => void (directory = await createTemporaryDirectory()));
afterAll(() => directory.remove());

/** A thread that answers with the text, hangs on `hang`, and dies of `die`. */
async function worker(): Promise<URL> {
  const file = path.join(directory.path, "worker.mjs");
  await writeFile(
    file,
    `import { parentPort } from "node:worker_threads";
     parentPort.on("message", ({ text, port }) => {
       if (text === "hang") for (;;);
       if (text === "die") throw new Error("dead");
       port.postMessage([{ text, style: "string" }]);
     });`,
  );
  return pathToFileURL(file);
}

test.each(["hang", "die"])(
  "a text that the thread does not get done (%s) stays plain, and the next is coloured",
  async (text) => {
    const highlighter = createHighlighter(await worker(), 3000);
    const { signal } = new AbortController();
    expect(await highlighter.highlight("a.js", text, signal)).toBeUndefined();
    expect(await highlighter.highlight("a.js", "next", signal)).toEqual([{ text: "next", style: "string" }]);
    await highlighter.close();
  },
);

test("where there is no thread to start, text stays plain", async () => {
  const highlighter = createHighlighter(pathToFileURL(path.join(directory.path, "nothing.js")));
  expect(await highlighter.highlight("a.js", "text", new AbortController().signal)).toBeUndefined();
  await highlighter.close();
});
