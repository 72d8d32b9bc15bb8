import { Box, Text } from "ink";
import type { TextProps } from "ink";
import { memo, useSyncExternalStore } from "react";
import type { ReactElement } from "react";
import type { BrowserState } from "./browser-state.js";
import { frameOf } from "./frame.js";
import type { Line, Style } from "./line.js";

/** Where the view finds the state, and hears of the next one. */
export interface BrowserStore {
  readonly get: () => BrowserState;
  readonly subscribe: (listener: () => void) => () => void;
}

type Look = Pick<TextProps, "bold" | "color" | "dimColor" | "inverse" | "underline">;

const looks: Readonly<Record<Style, Look>> = {
  plain: {},
  bar: { inverse: true },
  dim: { dimColor: true },
  strong: { bold: true },
  directory: { color: "blue", bold: true },
  selected: { inverse: true },
  selectedElsewhere: { bold: true, underline: true },
  match: { color: "yellow", bold: true },
  error: { color: "red" },
  keyword: { color: "magenta" },
  string: { color: "green" },
  comment: { dimColor: true },
  number: { color: "cyan" },
  name: { color: "blue" },
};

/** The whole screen, for ink. */
export function browserElement(store: BrowserStore, isColoured: boolean): ReactElement {
  return <BrowserView store={store} isColoured={isColoured} />;
}

interface BrowserViewProps {
  readonly store: BrowserStore;
  readonly isColoured: boolean;
}

/** Rows that the model has composed. */
function BrowserView({ store, isColoured }: BrowserViewProps): ReactElement {
  const state = useSyncExternalStore(store.subscribe, store.get);
  return (
    <Box flexDirection="column">
      {frameOf(state).map((line, row) => (
        <Row key={row} line={line} isColoured={isColoured} />
      ))}
    </Box>
  );
}

const Row = memo(function Row({
  line,
  isColoured,
}: {
  readonly line: Line;
  readonly isColoured: boolean;
}): ReactElement {
  return (
    <Text wrap="truncate">
      {line.length === 0
        ? " "
        : line.map(({ text, style }, at) => {
            // With NO_COLOR what has a meaning is still told apart.
            const { color, ...look } = looks[style];
            return (
              <Text key={at} {...look} {...(isColoured && color !== undefined ? { color } : {})}>
                {text}
              </Text>
            );
          })}
    </Text>
  );
});
