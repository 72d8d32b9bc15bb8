import type { LeftOut } from "@blob/registry";
import type { Output } from "./output.js";

/** What lists left out, for JSON; people who ask for more (`-v`) are told at once. */
export interface CollectedLeftOut {
  readonly leftOut: readonly LeftOut[];
  readonly onLeftOut: (what: LeftOut) => void;
}

/** A hostile list may have millions of odd elements. */
const maxKept = 1000;

export function collectLeftOut(output: Pick<Output, "detail">): CollectedLeftOut {
  const leftOut: LeftOut[] = [];
  return {
    leftOut,
    onLeftOut({ kind, name, why }) {
      output.detail(`left out: the ${kind} ${name}, because ${why}`);
      if (leftOut.length < maxKept) leftOut.push({ kind, name, why });
    },
  };
}
