import { describe, expect, it } from "vitest";
import { markdownTable } from "./markdown-table.js";

describe("a Markdown table", () => {
  it("is as wide as its widest cells, names to the left and numbers to the right", () => {
    expect(markdownTable(["of", "seconds"], [["a longer name", "1"]])).toBe(
      ["| of            | seconds |", "| ------------- | ------: |", "| a longer name |       1 |"].join(
        "\n",
      ),
    );
  });

  it("keeps a bar within its cell", () => {
    expect(markdownTable(["program", "s"], [["tar | zstd", "1"]])).toContain("| tar \\| zstd |");
  });

  it("fills up what a row does not have", () => {
    const lines = markdownTable(["a", "b", "c"], [["1"]], [0, 1, 2]).split("\n");
    expect(new Set(lines.map((line) => line.length)).size).toBe(1);
  });
});
