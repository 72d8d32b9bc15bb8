import { describe, expect, it } from "vitest";
import { parseCommandLine, selectByName } from "./command-line.js";

const named = ["pull-small", "pull-large", "ls"].map((name) => ({ name }));

describe("the bench's command line", () => {
  it("takes names as they come, after --rows, and with commas", () => {
    const asked = parseCommandLine(["ls", "--rows", "pull,create-small", "--rows", "cat"]);
    expect(asked?.names).toEqual(["ls", "pull", "create-small", "cat"]);
  });

  it("runs each row five times, once to try it out, or as often as it is told", () => {
    expect(parseCommandLine([])?.runs).toBe(5);
    expect(parseCommandLine(["--quick"])?.runs).toBe(1);
    expect(parseCommandLine(["--quick", "--runs", "7"])?.runs).toBe(7);
  });

  it.each(["0", "-1", "1.5", "many", ""])("refuses --runs=%s", (runs) => {
    expect(() => parseCommandLine([`--runs=${runs}`])).toThrow("--runs takes a number from 1 on");
  });

  it("refuses options that it does not know", () => {
    expect(() => parseCommandLine(["--run"])).toThrow("--run");
  });
});

describe("selecting rows", () => {
  it("takes all, or those whose names begin so", () => {
    expect(selectByName(named, [])).toEqual(named);
    expect(selectByName(named, ["pull"]).map(({ name }) => name)).toEqual(["pull-small", "pull-large"]);
    expect(selectByName(named, ["ls", "pull-l"]).map(({ name }) => name)).toEqual(["pull-large", "ls"]);
  });

  it("says which name it does not know, instead of measuring nothing", () => {
    expect(() => selectByName(named, ["ls", "puls"])).toThrow('there is no "puls"');
  });
});
