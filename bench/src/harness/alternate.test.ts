import { readdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Case } from "./alternate.js";
import { alternate } from "./alternate.js";
import type { Workspace } from "./workspace.js";
import { openWorkspace } from "./workspace.js";

let workspace: Workspace;
beforeEach(async () => {
  workspace = await openWorkspace();
});
afterEach(() => workspace.close());

describe("alternating runs", () => {
  it("lets no case have its second run before all have had the first, and goes to and fro", async () => {
    const order: string[] = [];
    const cases = ["a", "b"].map((name): Case => ({
      name,
      measure: () => {
        order.push(name);
        return Promise.resolve({ value: 1 });
      },
    }));
    await alternate(workspace, cases, 3);
    expect(order.join("")).toBe("abbaab");
  });

  it("gives medians with the least and the most, and memory where somebody knows it", async () => {
    const values = [5, 1, 2];
    const [result] = await alternate(
      workspace,
      [{ name: "a", measure: () => Promise.resolve({ value: values.pop() ?? 0, peakBytes: 10 }) }],
      3,
    );
    expect(result).toEqual({ name: "a", value: 2, least: 1, most: 5, runs: 3, peakBytes: 10 });
  });

  it("leaves out a program that fails and says so, but not ours", async () => {
    const works: Case = { name: "works", measure: () => Promise.resolve({ value: 1 }) };
    const fails: Case = { name: "fails", measure: () => Promise.reject(new Error("too large")) };
    const said: string[] = [];
    const results = await alternate(workspace, [works, fails], 2, (line) => said.push(line));
    expect(results.map(({ name }) => name)).toEqual(["works"]);
    expect(said).toEqual(["fails is left out: too large"]);
    await expect(alternate(workspace, [fails, works], 2, () => undefined)).rejects.toThrow("too large");
  });

  it("gives each run an empty directory and a name of its own, and removes what it left", async () => {
    const ids = new Set<string>();
    const one: Case = {
      name: "a",
      async measure({ directory, id }) {
        expect(await readdir(directory)).toEqual([]);
        ids.add(id);
        await writeFile(path.join(directory, "left"), "over");
        return { value: 1 };
      },
    };
    await alternate(workspace, [one], 3);
    expect(ids.size).toBe(3);
    expect(await readdir(workspace.directory)).toEqual([]);
  });
});
