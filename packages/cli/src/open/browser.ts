import type { WriteStream } from "node:tty";
import type { Archive } from "@blob/format";
import { hasColor } from "../output/color.js";
import { Interruption } from "../interruption.js";
import type { Session } from "../session/session.js";
import type { Effect, Message, SaveRequest } from "./browser-state.js";
import { selectedNode } from "./browser-state.js";
import { clipboardSequence } from "./clipboard.js";
import { frameOf } from "./frame.js";
import { createHighlighter } from "./highlighter.js";
import type { ScreenSize } from "./layout.js";
import { createPainter } from "./painter.js";
import type { Painter } from "./painter.js";
import { searchPaths } from "./path-search.js";
import { createPreviewLoader } from "./preview-loader.js";
import { saveToDisk } from "./save-to-disk.js";
import { enterTerminal, requireTerminal } from "./terminal.js";
import { initialState, update } from "./update.js";
import type { BrowserEvent } from "./browser-event.js";

/** Shows an archive on the whole screen until the user leaves. The terminal is given back on every way out. */
export async function browse(session: Session, reference: string): Promise<void> {
  const { stdout } = requireTerminal(session.io);
  const { archive } = await session.open(reference);
  const { files, size } = archive.directoryStats();
  let state = initialState({ reference, files, size }, sizeOf(stdout), archive.listDirectory(""));
  let painter: Painter | undefined;
  const end = createEnd();
  const highlighter = createHighlighter();
  const previews = createPreviewLoader({
    archive,
    highlighter,
    onPreview: (path, preview) => dispatch({ kind: "preview", path, preview }),
  });
  const search = createSearch(archive, (event) => dispatch(event));
  const saver = createSaver(archive, session.io.homeDirectory, (event) => dispatch(event));

  // Keys that came together are painted together.
  let willPaint = false;
  function paintSoon(): void {
    if (willPaint) return;
    willPaint = true;
    setImmediate(() => {
      willPaint = false;
      try {
        painter?.show(frameOf(state));
      } catch (error) {
        end.with(error);
      }
    });
  }

  function dispatch(event: BrowserEvent): void {
    try {
      const [next, ...effects] = update(state, event);
      state = next;
      paintSoon();
      for (const effect of effects) perform(effect);
    } catch (error) {
      end.with(error);
    }
  }

  function perform(effect: Effect): void {
    switch (effect.kind) {
      case "quit":
        return end.well();
      case "interrupt":
        return end.with(new Interruption("SIGINT"));
      case "preview":
        return previews.show(effect.node);
      case "search":
        return search.start(effect.query);
      case "save":
        return saver.start(effect.request);
      case "cancelSave":
        return saver.stop();
      case "copy": {
        const sequence = clipboardSequence(effect.path);
        if (sequence !== undefined) stdout.write(sequence);
        dispatch({ kind: "message", message: copyMessage(effect.path, sequence !== undefined) });
      }
    }
  }

  const onAbort = (): void => end.with(session.signal.reason);
  const terminal = enterTerminal(session.io, {
    onKey: (key) => dispatch({ kind: "key", key }),
    onResize: () => {
      painter?.clear();
      dispatch({ kind: "resize", size: sizeOf(stdout) });
    },
    onHangup: () => end.with(new Interruption("SIGHUP")),
  });
  try {
    session.signal.addEventListener("abort", onAbort, { once: true });
    if (session.signal.aborted) onAbort();
    painter = createPainter(stdout, hasColor(stdout, session.io.env, session.flags.color));
    paintSoon();
    const first = selectedNode(state);
    if (first !== undefined) previews.show(first);
    await end.reached;
  } finally {
    session.signal.removeEventListener("abort", onAbort);
    previews.close();
    search.start("");
    painter = undefined;
    terminal.leave();
    await Promise.all([saver.close(), highlighter.close()]);
  }
}

function sizeOf({ columns, rows }: WriteStream): ScreenSize {
  return { columns, rows };
}

function copyMessage(path: string, isCopied: boolean): Message {
  return isCopied
    ? // Nobody tells whether it did.
      { text: `Copied, if the terminal allows it: ${path}`, isError: false }
    : { text: "Not copied: the path has control characters, or is too long", isError: true };
}

/** The end of the browser, which comes once. */
function createEnd(): {
  readonly reached: Promise<void>;
  readonly well: () => void;
  readonly with: (reason: unknown) => void;
} {
  let well: () => void = () => undefined;
  let fail: (reason: unknown) => void = () => undefined;
  const reached = new Promise<void>((resolve, reject) => {
    well = resolve;
    fail = reject;
  });
  // It may come before anybody waits for it.
  reached.catch(() => undefined);
  return { reached, well, with: fail };
}

/** Runs one search at a time: the next one ends the one before. */
function createSearch(
  archive: Archive,
  tell: (event: BrowserEvent) => void,
): { readonly start: (query: string) => void } {
  let running = new AbortController();
  const run = async (query: string, signal: AbortSignal): Promise<void> => {
    for await (const paths of searchPaths(archive, query, signal)) {
      if (signal.aborted) return;
      tell({ kind: "found", query, paths, isDone: false });
    }
    if (!signal.aborted) tell({ kind: "found", query, paths: [], isDone: true });
  };
  return {
    start(query) {
      running.abort();
      running = new AbortController();
      if (query !== "") void run(query, running.signal);
    },
  };
}

/** Saves one thing at a time. */
function createSaver(
  archive: Archive,
  homeDirectory: string | undefined,
  tell: (event: BrowserEvent) => void,
): {
  readonly start: (request: SaveRequest) => void;
  readonly stop: () => void;
  /** Stops, and waits until nothing is written any more. */
  readonly close: () => Promise<void>;
} {
  let running = new AbortController();
  let done = Promise.resolve();
  const run = async (request: SaveRequest, signal: AbortSignal): Promise<void> => {
    let told = 0;
    const onProgress = (filesDone: number, filesTotal: number): void => {
      const percent = filesTotal === 0 ? 0 : Math.floor((filesDone / filesTotal) * 100);
      if (percent === told) return;
      told = percent;
      tell({ kind: "message", message: { text: `Saving… ${String(percent)} %`, isError: false } });
    };
    try {
      const saved = await saveToDisk(archive, request, { homeDirectory, signal, onProgress });
      tell({ kind: "saved", request, ...saved });
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      tell({
        kind: "saveFailed",
        message: signal.aborted ? "Stopped; what was saved stays" : `Not saved: ${why}`,
      });
    }
  };
  return {
    start(request) {
      running = new AbortController();
      done = run(request, running.signal);
    },
    stop: () => running.abort(),
    close() {
      running.abort();
      return done;
    },
  };
}
