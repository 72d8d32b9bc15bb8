import type { Html } from "./markup.js";
import { markup } from "./markup.js";

type Shape = "directory" | "file" | "parent" | "download";

const shapes: Readonly<Record<Shape, Html>> = {
  directory: markup`<path
    d="M2 4.5A1.5 1.5 0 0 1 3.5 3h3l1.5 2h4.5A1.5 1.5 0 0 1 14 6.5v5a1.5 1.5 0 0 1-1.5 1.5h-9A1.5 1.5 0 0 1 2 11.5z"
  />`,
  file: markup`<path d="M4 1.8h5L12.2 5v9.2H4zM9 1.8V5h3.2" class="line" />`,
  parent: markup`<path d="M8 13V4M4 7.6 8 3.6l4 4" class="line" />`,
  download: markup`<path d="M8 2.5v7.6M4.6 6.9 8 10.2l3.4-3.3M3 13.2h10" class="line" />`,
};

/** A small picture beside a text that says the same. */
export function iconOf(shape: Shape): Html {
  return markup`<svg class="icon ${shape}" viewBox="0 0 16 16" width="16" height="16" aria-hidden="true">
    ${shapes[shape]}
  </svg>`;
}
