import { afterAll, describe, expect, test } from "vitest";
import { allSituations } from "./testing/situations/all-situations.js";
import { enact } from "./testing/situations/enact.js";

/** `pnpm messages` wants to see what was said, and not only whether it is as it should be. */
const isPrinted = process.env["BLOB_PRINT_MESSAGES"] === "1";
const printed: string[] = [];

afterAll(() => {
  if (isPrinted) process.stdout.write(`${printed.join("\n")}\n`);
});

describe.each(Object.entries(allSituations))("%s", (_group, situations) => {
  test.each(situations.map((situation) => [situation.name, situation] as const))(
    "%s",
    async (name, situation) => {
      const said = await enact(situation);
      if (said === undefined) return;
      const { line, hint, exit, rest } = said;
      if (isPrinted)
        printed.push(`\n## ${name}`, line, `hint: ${hint ?? "-"}`, `exit: ${String(exit)}`, rest);
      if (situation.also !== undefined) expect(rest).toMatch(situation.also);
      expect({ line, hint, exit }).toEqual({
        line: situation.line,
        hint: situation.hint,
        exit: situation.exit,
      });
    },
  );
});
