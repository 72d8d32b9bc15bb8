/** The size of the terminal in cells. */
export interface ScreenSize {
  readonly columns: number;
  readonly rows: number;
}

/** Where things are. */
export interface Layout {
  /** Rows of a pane, between the title and the line at the bottom. */
  readonly height: number;
  /** 0: the pane is not shown. */
  readonly treeWidth: number;
  readonly previewWidth: number;
  /** Rows above the preview that say what the file is. */
  readonly factRows: number;
}

export const smallest: ScreenSize = { columns: 40, rows: 10 };

/** Narrower ones show the pane with the focus only. */
const twoPanesFrom = 76;

export function isTooSmall({ columns, rows }: ScreenSize): boolean {
  return columns < smallest.columns || rows < smallest.rows;
}

export function layoutOf({ columns, rows }: ScreenSize, focus: "tree" | "preview"): Layout {
  const height = Math.max(1, rows - 2);
  const factRows = rows >= 16 ? 4 : 2;
  if (columns < twoPanesFrom) {
    return focus === "tree"
      ? { height, treeWidth: columns, previewWidth: 0, factRows }
      : { height, treeWidth: 0, previewWidth: columns, factRows };
  }
  const treeWidth = Math.min(60, Math.max(30, Math.floor(columns * 0.38)));
  // A rule and a space stand between the two.
  return { height, treeWidth, previewWidth: columns - treeWidth - 2, factRows };
}
