import { readFile } from "node:fs/promises";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { growths } from "../growth/growths.js";
import { rows } from "../rows/rows.js";
import { drawingsDirectory, makePage, notesFile, pageFile } from "../write-page.js";
import { drawingsOf, pageOf } from "./page.js";
import type { BenchResult } from "./result.js";

const result: BenchResult = {
  machine: {
    cores: 2,
    processor: "A processor",
    memoryBytes: 2 ** 34,
    system: "Linux 6",
    node: "v20.19.0",
    references: { zstd: "1.5.4" },
    files: "memory",
  },
  date: "2026-01-02",
  runs: 5,
  quick: false,
  corpora: { small: "some files" },
  rows: [
    {
      name: "ls",
      title: "`blob ls` & more",
      unit: "s",
      goals: [{ kind: "ratio", to: "a < b | c", atMost: 1 }],
      cases: [
        { name: "blob", value: 2, least: 1, most: 3, runs: 5, peakBytes: 50e6, cpuSeconds: 1.5 },
        { name: "a < b | c", value: 1, least: 1, most: 1, runs: 5 },
      ],
    },
  ],
  growth: [
    {
      name: "growth-latency",
      title: "by distance",
      axis: "milliseconds",
      unit: "s",
      series: [
        {
          name: "cat",
          points: [
            { at: 0, value: 0.1, requests: 3 },
            { at: 50, value: 0.3, requests: 1 },
          ],
        },
      ],
    },
  ],
};

describe("docs/performance.md", () => {
  it("is what `pnpm bench page` makes of the figures beside it, and so are its drawings", async () => {
    const { page, drawings } = await makePage();
    expect(await readFile(pageFile, "utf8"), "make it anew: pnpm bench page").toBe(page);
    for (const [name, drawing] of drawings) {
      expect(await readFile(path.join(drawingsDirectory, name), "utf8"), name).toBe(drawing);
    }
  });

  it("has notes about rows that there are", async () => {
    const notes: unknown = JSON.parse(await readFile(notesFile, "utf8"));
    const names = rows.map(({ name }) => name);
    for (const name of Object.keys(notes ?? {})) expect(names).toContain(name);
  });
});

describe("a page", () => {
  const make = (template: string, notes = {}): string => pageOf({ template, result, notes, chunks: {} });

  it("says which goals are missed, and where the rest is", () => {
    expect(make("<!-- goals -->")).toContain("2.00 × | **missed**");
    expect(make("<!-- missed -->", { ls: "in the loader." })).toBe("- **`blob ls` & more**: in the loader.");
    expect(make("<!-- missed -->")).toContain("not looked into yet");
  });

  it("counts the requests of each distance", () => {
    const page = make("<!-- growth -->");
    expect(page).toContain("0.100 s, 3 requests");
    expect(page).toContain("0.300 s, 1 request |");
    expect(page).toContain("](performance/growth-latency.svg)");
  });

  it("says of which machine it is", () => {
    expect(make("<!-- machine -->")).toContain("2 cores (A processor), 16 GiB, Linux 6, Node v20.19.0");
  });

  it("has no part that nobody makes", () => {
    expect(() => make("<!-- gaols -->")).toThrow('no part "gaols"');
  });

  it("has drawings that are well formed, whatever programs are called", () => {
    const drawings = drawingsOf(result);
    expect([...drawings.keys()]).toEqual(["goals.svg", "growth-latency.svg"]);
    expect(drawings.get("goals.svg")).toContain("blob ls &amp; more: ≤ 1 × a &lt; b | c");
    for (const svg of drawings.values()) expect(svg).not.toMatch(/NaN|undefined|Infinity/u);
  });
});

describe("rows and growth", () => {
  it("have names of their own", () => {
    const names = [...rows, ...growths].map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
  });
});
