import { nextTurn } from "@blob/core/concurrency";

import { pathCheckSteps } from "../../index-codec/index-encoder.js";
import { inTurns } from "../../index-codec/steps.js";
import { createPathFilter } from "./path-filter.js";
import { closeSourceRoot } from "./source-directory.js";
import type { SourceRoot } from "./source-directory.js";
import type { WalkOptions, WalkResult } from "./walk-options.js";
import { Walk } from "./walk-steps.js";

/** So many entries are looked at before other work of the process gets a turn: about 2 ms. */
const entriesPerTurn = 512;

/** A walk that is under way: files are there as they are found, which is in their order. */
export interface Listing extends Pick<WalkResult, "files"> {
  /** Open until the listing is closed. */
  readonly root: SourceRoot;
  /** Waits until there are so many files, or all there are. One waits at a time. */
  until(count: number): Promise<unknown>;
  /** Waits for the end. Rejects, as `until` does, with what the walk failed of. */
  end(): Promise<WalkResult>;
  /** The result, once the end is reached. */
  readonly result: WalkResult | undefined;
  /** Ends it, if it has not ended: then it fails. */
  stop(): void;
  /** The same, and closes the root: when nobody reads files any more. */
  close(): Promise<void>;
}

/**
 * All regular files below a directory, in the order in which an archive stores them. What cannot be part of an
 * archive is reported, never left out silently. Memory is proportional to the number of files. It goes on whether anybody
 * waits or not, and whoever began it closes it. No link that comes while it lists, or later, leads those who read the
 * files out of the directory.
 * `FileChanged` for a directory that is replaced meanwhile, `FileSystem`, `TooManyFiles`; `InvalidArgument` for a symbolic
 * link when links are errors, and for a time that does not fit.
 */
export async function beginWalk(directory: string, options: WalkOptions): Promise<Listing> {
  const walk = new Walk(directory, options, await createPathFilter(options));
  const stop = new AbortController();
  const signal = AbortSignal.any(
    options.signal === undefined ? [stop.signal] : [stop.signal, options.signal],
  );
  let result: WalkResult | undefined;
  let isOpen = true;
  /** Whoever waits for so many files. */
  let waiting: { readonly count: number; readonly wake: () => void } | undefined;

  async function run(): Promise<WalkResult> {
    try {
      while (walk.goOn(entriesPerTurn)) {
        if (waiting !== undefined && walk.files.paths.length >= waiting.count) waiting.wake();
        await nextTurn();
        signal.throwIfAborted();
        options.onFound?.(walk.files.paths.length, walk.size, walk.share);
      }
      signal.throwIfAborted();
      await inTurns(pathCheckSteps(walk.files.paths), signal);
      return (result = walk.result());
    } finally {
      walk.close();
    }
  }

  const end = run();
  // Somebody waits for it only later: until then a failure is not an unhandled one.
  end.catch(() => undefined);
  return {
    root: walk.root,
    files: walk.files,
    async until(count) {
      if (walk.files.paths.length >= count) return;
      await Promise.race([end, new Promise<void>((wake) => (waiting = { count, wake }))]);
    },
    end: () => end,
    get result() {
      return result;
    },
    stop: () => stop.abort(),
    async close() {
      stop.abort();
      await end.catch(() => undefined);
      if (isOpen) closeSourceRoot(walk.root);
      isOpen = false;
    },
  };
}
