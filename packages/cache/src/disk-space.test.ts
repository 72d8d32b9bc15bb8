import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import { expect, test } from "vitest";
import { createDiskSpace } from "./disk-space.js";
import { processMark } from "@blob/core/processes";
import { scratchDirectory } from "./testing/scratch-directory.js";
import { createUsageLedger } from "./usage-ledger.js";

const bytes = 4096;

test("room that is taken while somebody else makes the first count is written down when it is granted", async () => {
  let granted = 0;
  // The count ends at one of these moments of the taking.
  for (let moment = 0; moment < 60; moment += 1) {
    const directory = await scratchDirectory();
    await mkdir(path.join(directory, ".tmp"), { mode: 0o700 });
    await writeFile(path.join(directory, ".evicting"), processMark());
    const ledger = createUsageLedger(directory, Date.now);
    let endCount: (held: number) => void = () => undefined;
    const count = new Promise<number>((resolve) => (endCount = resolve));
    const counting = ledger.recount(() => count);
    const taking = createDiskSpace(directory, 1e9, Date.now).reserve(bytes);
    for (let turn = 0; turn < moment; turn += 1) await nextTurn();
    endCount(0);
    await counting;
    if (!(await taking)) continue;
    granted += 1;
    expect(await ledger.total()).toBe(bytes);
  }
  expect(granted).toBeGreaterThan(0);
});
