import { parentPort } from "node:worker_threads";
import { highlight } from "./highlight.js";
import { renderMarkdown } from "./markdown.js";

/** A text of an archive that is to become markup. */
export interface PreviewRequest {
  readonly kind: "markdown" | "text";
  /** Of the file: its name tells the language, its place where links lead. */
  readonly path: string;
  readonly text: string;
}

/** Pages beyond this are more than a browser shows well. */
const maxMarkup = 8 * 1024 * 1024;

parentPort?.on("message", ({ kind, path, text }: PreviewRequest) => {
  const { source } = kind === "markdown" ? renderMarkdown(path, text) : highlight(text, path);
  parentPort?.postMessage(source.length > maxMarkup ? undefined : source, []);
});
