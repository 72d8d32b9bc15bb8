import { parentPort } from "node:worker_threads";
import type { MessagePort } from "node:worker_threads";
import { tokenize } from "@speed-highlight/core";
import type { ShjLanguage, ShjToken } from "@speed-highlight/core";
import type { Span, Style } from "./line.js";

export interface HighlightRequest {
  readonly fileName: string;
  readonly text: string;
  readonly port: MessagePort;
}

/** Languages by the end of a file's name. */
const languages = new Map<string, ShjLanguage>(
  Object.entries({
    asm: "asm",
    bash: "bash",
    c: "c",
    cc: "c",
    cjs: "js",
    conf: "ini",
    containerfile: "docker",
    cpp: "c",
    css: "css",
    csv: "csv",
    cts: "ts",
    diff: "diff",
    dockerfile: "docker",
    go: "go",
    h: "c",
    hpp: "c",
    htm: "html",
    html: "html",
    ini: "ini",
    java: "java",
    js: "js",
    json: "json",
    jsonl: "json",
    jsx: "js",
    log: "log",
    lua: "lua",
    makefile: "make",
    map: "json",
    md: "md",
    mjs: "js",
    mk: "make",
    mts: "ts",
    patch: "diff",
    pl: "pl",
    py: "py",
    rs: "rs",
    sh: "bash",
    sql: "sql",
    svg: "xml",
    toml: "toml",
    ts: "ts",
    tsx: "ts",
    webmanifest: "json",
    xml: "xml",
    yaml: "yaml",
    yml: "yaml",
  }),
);

/** The kinds of pieces, by what they are for a reader. */
const styles: Readonly<Record<ShjToken, Style>> = {
  bool: "number",
  class: "name",
  cmnt: "comment",
  deleted: "error",
  err: "error",
  esc: "number",
  func: "name",
  insert: "string",
  kwd: "keyword",
  num: "number",
  oper: "plain",
  section: "strong",
  str: "string",
  type: "keyword",
  var: "name",
};

parentPort?.on("message", (request: HighlightRequest) => void answer(request));

async function answer({ fileName, text, port }: HighlightRequest): Promise<void> {
  port.postMessage(await highlight(fileName, text));
  port.close();
}

async function highlight(fileName: string, text: string): Promise<readonly Span[] | undefined> {
  const language = languages.get(fileName.slice(fileName.lastIndexOf(".") + 1));
  if (language === undefined) return undefined;
  const pieces: Span[] = [];
  await tokenize(text, language, (piece, token) => {
    pieces.push({ text: piece, style: token === undefined ? "plain" : styles[token] });
  });
  return pieces;
}
