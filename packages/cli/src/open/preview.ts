import type { Archive, DirectoryEntry, DirectoryStats } from "@blob/format";
import type { Line, Span } from "./line.js";
import { printableCells } from "@blob/core/text";

/** What the preview pane shows of the selected file or directory. */
export type Preview =
  | { readonly kind: "loading" }
  | { readonly kind: "directory"; readonly stats: DirectoryStats }
  | { readonly kind: "empty" }
  | { readonly kind: "text"; readonly lines: readonly Line[]; readonly note: string }
  | { readonly kind: "binary"; readonly bytes: Uint8Array; readonly note: string }
  | { readonly kind: "error"; readonly message: string };

/** So much of a file is read for its preview. */
export const previewBytes: number = 64 * 1024;

/** Reads the beginning of a file: it is verified when that is all of it, or when the file is cut into chunks. */
export async function readBeginning(
  archive: Archive,
  path: string,
  size: number,
  signal: AbortSignal,
): Promise<Uint8Array> {
  if (size <= previewBytes) return archive.readFile(path, { signal });
  return archive.readFile(path, { signal, range: { offset: 0, length: previewBytes } });
}

/** Text as lines, anything else as bytes. @param isVerified What `readBeginning` read, though it is not all. */
export function previewOf(bytes: Uint8Array, size: number, isVerified = false): Preview {
  if (size === 0) return { kind: "empty" };
  const isCut = bytes.length < size;
  const note = isCut ? `the first 64 KiB${isVerified ? "" : ", not verified"}` : "";
  const text = decodeText(bytes, isCut);
  if (text !== undefined) return { kind: "text", lines: textLines([{ text, style: "plain" }]), note };
  const type = binaryType(bytes);
  return {
    kind: "binary",
    bytes,
    note: [type, note].filter((part) => part !== undefined && part !== "").join("; "),
  };
}

/** UTF-8 without NUL; the last character may be cut. */
export function decodeText(bytes: Uint8Array, isCut: boolean): string | undefined {
  if (bytes.includes(0)) return undefined;
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes, { stream: isCut });
  } catch {
    return undefined;
  }
}

const tabWidth = 4;

/** Pieces of a text as lines that can be shown: tabs are spaces, and what could harm the terminal is escaped. */
export function textLines(pieces: readonly Span[]): readonly Line[] {
  const lines: Line[] = [];
  let line: Span[] = [];
  let column = 0;
  for (const { text, style } of pieces) {
    for (const [at, part] of text.split(/\r?\n/u).entries()) {
      if (at > 0) {
        lines.push(line);
        line = [];
        column = 0;
      }
      for (const [index, piece] of part.split("\t").entries()) {
        const gap = index === 0 ? 0 : tabWidth - (column % tabWidth);
        const shown = " ".repeat(gap) + printableCells(piece);
        // Characters that are wide move the tab stops after them: they stay as far apart as they are.
        column += shown.length;
        if (shown !== "") line.push({ text: shown, style });
      }
    }
  }
  // A text that ends with a newline has no empty line after it.
  if (line.length > 0) lines.push(line);
  return lines;
}

const signatures: readonly (readonly [type: string, ...bytes: readonly number[]])[] = [
  ["PNG image", 0x89, 0x50, 0x4e, 0x47],
  ["JPEG image", 0xff, 0xd8, 0xff],
  ["GIF image", 0x47, 0x49, 0x46, 0x38],
  ["PDF document", 0x25, 0x50, 0x44, 0x46],
  ["ZIP archive", 0x50, 0x4b, 0x03, 0x04],
  ["gzip data", 0x1f, 0x8b],
  ["zstd data", 0x28, 0xb5, 0x2f, 0xfd],
  ["ELF program", 0x7f, 0x45, 0x4c, 0x46],
  ["WebAssembly module", 0x00, 0x61, 0x73, 0x6d],
  ["SQLite database", 0x53, 0x51, 0x4c, 0x69, 0x74, 0x65],
];

/** What the first bytes say that it is, and how large a picture is where that is easy to tell. */
function binaryType(bytes: Uint8Array): string | undefined {
  const type = signatures.find(([, ...start]) => start.every((byte, at) => bytes[at] === byte))?.[0];
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (type === "PNG image" && bytes.length >= 24) {
    return `${type}, ${String(view.getUint32(16))} × ${String(view.getUint32(20))}`;
  }
  if (type === "GIF image" && bytes.length >= 10) {
    return `${type}, ${String(view.getUint16(6, true))} × ${String(view.getUint16(8, true))}`;
  }
  return type;
}

/** Bytes as `hexdump -C` shows them: offset, hexadecimal, ASCII. */
export function hexLine(bytes: Uint8Array, row: number, perRow: number): Line {
  const part = bytes.subarray(row * perRow, (row + 1) * perRow);
  const hex = Array.from(part, (byte) => byte.toString(16).padStart(2, "0")).join(" ");
  const text = Array.from(part, (byte) =>
    byte >= 0x20 && byte < 0x7f ? String.fromCodePoint(byte) : "·",
  ).join("");
  return [
    { text: (row * perRow).toString(16).padStart(6, "0"), style: "dim" },
    { text: `  ${hex.padEnd(perRow * 3 - 1)}  `, style: "plain" },
    { text, style: "string" },
  ];
}

/** Sixteen bytes a row where there is room for them. */
export function hexPerRow(width: number): number {
  return [16, 8].find((count) => 6 + 2 + count * 3 - 1 + 2 + count <= width) ?? 4;
}

/** How many lines a preview has in a pane. */
export function previewHeight(preview: Preview, width: number): number {
  if (preview.kind === "text") return preview.lines.length;
  return preview.kind === "binary" ? Math.ceil(preview.bytes.length / hexPerRow(width)) : 0;
}

/** The name that tells a highlighter which language it is. */
export function fileNameOf(node: DirectoryEntry): string {
  return node.name.toLowerCase();
}
