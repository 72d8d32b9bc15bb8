import type { Archive, DirectoryEntry } from "@blob/format";
import type { Highlighter } from "./highlighter.js";
import type { Preview } from "./preview.js";
import { decodeText, fileNameOf, previewOf, readBeginning, textLines } from "./preview.js";

export interface PreviewLoaderOptions {
  readonly archive: Archive;
  readonly highlighter: Highlighter;
  /** Told what to show of a path; more than once when something better is known later. */
  readonly onPreview: (path: string, preview: Preview) => void;
  /** How long the cursor has to rest before anything is read, in milliseconds. Default: 100. */
  readonly restMs?: number;
}

/** Loads what is selected. Never more than one file at a time, and nothing that is no longer wanted. */
export interface PreviewLoader {
  show(node: DirectoryEntry): void;
  close(): void;
}

/** 64 KiB each at most: a few megabytes. */
const keptPreviews = 32;

export function createPreviewLoader(options: PreviewLoaderOptions): PreviewLoader {
  const { archive, highlighter, onPreview, restMs = 100 } = options;
  // A map keeps the order in which its keys were set: what was shown last is set anew, and the first goes first.
  const kept = new Map<string, Preview>();
  const keep = (path: string, preview: Preview): void => {
    kept.delete(path);
    kept.set(path, preview);
    for (const oldest of kept.keys()) {
      if (kept.size <= keptPreviews) return;
      kept.delete(oldest);
    }
  };
  let wanted = new AbortController();
  let timer: NodeJS.Timeout | undefined;

  async function load(node: DirectoryEntry & { readonly kind: "file" }, signal: AbortSignal): Promise<void> {
    const { path } = node;
    const { size } = node.entry;
    const tell = (preview: Preview): void => {
      if (!signal.aborted) onPreview(path, preview);
    };
    try {
      const bytes = await readBeginning(archive, path, size, signal);
      const preview = previewOf(bytes, size, archive.chunks(path) !== undefined);
      keep(path, preview);
      tell(preview);
      if (preview.kind !== "text") return;
      const text = decodeText(bytes, bytes.length < size) ?? "";
      const pieces = await highlighter.highlight(fileNameOf(node), text, signal);
      if (pieces === undefined) return;
      const highlighted: Preview = { ...preview, lines: textLines(pieces) };
      keep(path, highlighted);
      tell(highlighted);
    } catch (error) {
      // Not kept: the network may be back when the cursor is.
      tell({ kind: "error", message: error instanceof Error ? error.message : String(error) });
    }
  }

  const forget = (): void => {
    wanted.abort();
    clearTimeout(timer);
  };
  return {
    show(node) {
      forget();
      if (node.kind === "directory") {
        onPreview(node.path, { kind: "directory", stats: archive.directoryStats(node.path) });
        return;
      }
      const known = kept.get(node.path);
      if (known !== undefined) {
        keep(node.path, known);
        onPreview(node.path, known);
        return;
      }
      const { signal } = (wanted = new AbortController());
      timer = setTimeout(() => void load(node, signal), restMs);
    },
    close: forget,
  };
}
