import { Option } from "commander";
import { expect, test } from "vitest";
import { plainBooleanFlags } from "./boolean-flags.js";

const options = [
  new Option("--skip-compressed"),
  new Option("--no-skip-compressed"),
  new Option("--plain-http"),
  new Option("-f, --force"),
  new Option("-r, --recursive"),
  new Option("--no-recursive"),
  new Option("-c, --compression <kind>"),
  new Option("--annotation <key=value>"),
];

test("flags that are on or off may have a value", () => {
  expect(
    plainBooleanFlags(
      ["push", "--skip-compressed=false", "--plain-http=true", "--force=false", "x"],
      options,
    ),
  ).toEqual(["push", "--no-skip-compressed", "--plain-http", "x"]);
});

test("short flags, too, and values as the Go command writes them", () => {
  expect(
    plainBooleanFlags(["cp", "-r=false", "-f=T", "-c=none", "--plain-http=0", "-r=1", "-f=maybe"], options),
  ).toEqual(["cp", "--no-recursive", "--force", "-c", "none", "--recursive", "-f=maybe"]);
});

test("values of other flags, unknown flags, and what follows --, stay as they are", () => {
  const argv = ["push", "--annotation=true", "--annotation", "--forse=true", "--", "--force=true"];
  expect(plainBooleanFlags(argv, options)).toEqual(argv);
});
