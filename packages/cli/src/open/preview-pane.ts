import { formatMode, formatTime } from "../output/entry-text.js";
import { groupedNumber, humanSize } from "../output/sizes.js";
import type { BrowserState } from "./browser-state.js";
import { selectedNode } from "./browser-state.js";
import { layoutOf } from "./layout.js";
import { cutLine } from "./line.js";
import type { Line, Style } from "./line.js";
import { hexLine, hexPerRow } from "./preview.js";
import type { DirectoryEntry } from "@blob/format";
import { printableCells } from "@blob/core/text";

/** What the selected file or directory is, and below that its content. */
export function previewPane(state: BrowserState, width: number, height: number): readonly Line[] {
  const node = selectedNode(state);
  if (node === undefined) return [text("The archive is empty", "dim")];
  const { factRows } = layoutOf(state.size, state.focus);
  const { focus } = state;
  const facts: Line[] = [
    [
      { text: focus === "preview" ? "❯ " : "", style: "strong" },
      { text: printableCells(node.path), style: "strong" },
    ],
    ...factLines(state, node),
  ];
  const head = facts.slice(0, factRows - 1).map((line) => cutLine(line, width));
  while (head.length < factRows - 1) head.push([]);
  const rule = text("─".repeat(width), "dim");
  return [...head, rule, ...bodyLines(state, width, height - factRows)];
}

function factLines({ preview }: BrowserState, node: DirectoryEntry): readonly Line[] {
  if (node.kind === "directory") {
    if (preview.kind !== "directory") return [];
    const { files, size, storedSize } = preview.stats;
    return [
      text(`directory · ${groupedNumber(files)} files · ${humanSize(size)}`, "dim"),
      text(`${humanSize(storedSize)} stored`, "dim"),
    ];
  }
  const { size, mode, mtimeNs, compression, storedSize, hash } = node.entry;
  const stored = compression === "none" ? "uncompressed" : `${compression} ${humanSize(storedSize)}`;
  const note = preview.kind === "text" || preview.kind === "binary" ? preview.note : "";
  const facts = [humanSize(size), formatMode(mode), formatTime(mtimeNs), stored];
  return [
    text([...(note === "" ? [] : [note]), ...facts].join(" · "), "dim"),
    text(`sha256:${Buffer.from(hash).toString("hex")}`, "dim"),
  ];
}

function bodyLines(state: BrowserState, width: number, count: number): readonly Line[] {
  const { preview, previewAt } = state;
  switch (preview.kind) {
    case "loading":
      return [text("Reading…", "dim")];
    case "empty":
      return [text("The file is empty", "dim")];
    case "directory":
      return [text("Enter or → opens it, s saves it", "dim")];
    case "error":
      return [
        ...wrap(`Cannot be shown: ${printableCells(preview.message)}`, width, "error"),
        text("r tries again", "dim"),
      ];
    case "text":
      return preview.lines
        .slice(previewAt.line, previewAt.line + count)
        .map((line) => cutLine(line, width, previewAt.cell));
    case "binary": {
      const perRow = hexPerRow(width);
      const rows = Math.ceil(preview.bytes.length / perRow);
      const lines: Line[] = [];
      for (let row = previewAt.line; row < Math.min(rows, previewAt.line + count); row += 1) {
        lines.push(cutLine(hexLine(preview.bytes, row, perRow), width, previewAt.cell));
      }
      return lines;
    }
  }
}

/** A message over as many lines as it takes, broken at spaces where there are some. */
function wrap(message: string, width: number, style: Style): readonly Line[] {
  const lines: string[] = [];
  let line = "";
  for (const word of message.split(" ")) {
    if (line !== "" && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === "" ? word : `${line} ${word}`;
  }
  return [...lines, line].map((one) => cutLine(text(one, style), width));
}

function text(content: string, style: Style): Line {
  return [{ text: content, style }];
}
