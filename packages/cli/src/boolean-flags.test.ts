import { expect, test } from "vitest";
import { plainBooleanFlags } from "./boolean-flags.js";

test("flags that are on or off may have a value", () => {
  expect(
    plainBooleanFlags(["push", "--skip-compressed=false", "--plain-http=true", "--force=false", "x"]),
  ).toEqual(["push", "--no-skip-compressed", "--plain-http", "x"]);
});

test("values of other flags, and what follows --, stay as they are", () => {
  const argv = ["push", "--annotation=true", "--annotation", "--force", "--", "--force=true"];
  expect(plainBooleanFlags(argv)).toEqual(argv);
});
