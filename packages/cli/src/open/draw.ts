import process from "node:process";
import type { WriteStream } from "node:tty";
import type { render } from "ink";
import type { browserElement, BrowserStore } from "./browser-view.js";
import { createPainter } from "./painter.js";

/** What draws the browser. */
export interface Drawing {
  /** Draws everything anew with the next frame: the terminal has another size. */
  clear(): void;
  close(): void;
  /** Rejects when drawing failed. */
  readonly ended: Promise<void>;
}

/** Starts to draw. Loads ink and React, which takes a moment. */
export async function draw(
  terminal: WriteStream,
  store: BrowserStore,
  isColoured: boolean,
): Promise<Drawing> {
  const loaded = await loadForUse();
  const painter = createPainter(terminal);
  const instance = loaded.render(loaded.browserElement(store, isColoured), {
    stdout: painter.stream,
    // What ink calls debugging: it writes whole frames, and leaves it to the painter to replace the one before.
    // Otherwise it clears the terminal for a frame as high as that, and the lines above it with it.
    debug: true,
    exitOnCtrlC: false,
    patchConsole: false,
    isScreenReaderEnabled: false,
  });
  return {
    clear: () => painter.clear(),
    close: () => instance.unmount(),
    ended: instance.waitUntilExit().then(() => undefined),
  };
}

/** React looks at the environment when it is loaded: what it loads by default is for those who develop with it. */
async function loadForUse(): Promise<{ render: typeof render; browserElement: typeof browserElement }> {
  const before = process.env["NODE_ENV"];
  process.env["NODE_ENV"] = "production";
  try {
    const [ink, view] = await Promise.all([import("ink"), import("./browser-view.js")]);
    return { render: ink.render, browserElement: view.browserElement };
  } finally {
    if (before === undefined) delete process.env["NODE_ENV"];
    else process.env["NODE_ENV"] = before;
  }
}
