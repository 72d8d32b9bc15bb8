import { Option } from "commander";
import { expect, test } from "vitest";
import { plainBooleanFlags } from "./boolean-flags.js";

const options = [
  new Option("--skip-compressed"),
  new Option("--no-skip-compressed"),
  new Option("--plain-http"),
  new Option("-f, --force"),
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

test("values of other flags, unknown flags, and what follows --, stay as they are", () => {
  const argv = ["push", "--annotation=true", "--annotation", "--forse=true", "--", "--force=true"];
  expect(plainBooleanFlags(argv, options)).toEqual(argv);
});
