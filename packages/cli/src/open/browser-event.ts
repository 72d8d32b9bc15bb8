import type { Message, SaveRequest } from "./browser-state.js";
import type { Key } from "./keys.js";
import type { ScreenSize } from "./layout.js";
import type { Preview } from "./preview.js";

/** What happens to the browser. */
export type BrowserEvent =
  | { readonly kind: "key"; readonly key: Key }
  | { readonly kind: "resize"; readonly size: ScreenSize }
  | { readonly kind: "preview"; readonly path: string; readonly preview: Preview }
  | {
      readonly kind: "found";
      readonly query: string;
      readonly paths: readonly string[];
      readonly isDone: boolean;
    }
  | { readonly kind: "message"; readonly message: Message }
  | {
      readonly kind: "saved";
      readonly request: SaveRequest;
      readonly files: number;
      readonly size: number;
      readonly target: string;
      readonly skipped: readonly string[];
    }
  | { readonly kind: "saveFailed"; readonly message: string };
