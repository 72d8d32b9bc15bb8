import { Box, Text } from "ink";
import type { TextProps } from "ink";
import type { ReactElement } from "react";
import type { Line, Style } from "./line.js";

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

/** Rows of the screen for ink. A box for each piece: ink measures pieces without wide characters much faster. */
export function rowElements(lines: readonly Line[], isColoured: boolean): ReactElement {
  return (
    <Box flexDirection="column">
      {lines.map((line, row) => (
        <Box key={row} height={1}>
          {line.map(({ text, style }, at) => {
            // With NO_COLOR what has a meaning is still told apart.
            const { color, ...look } = looks[style];
            return (
              <Box key={at} flexShrink={0}>
                <Text {...look} {...(isColoured && color !== undefined ? { color } : {})}>
                  {text}
                </Text>
              </Box>
            );
          })}
        </Box>
      ))}
    </Box>
  );
}
