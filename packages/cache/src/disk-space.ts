import { rm } from "node:fs/promises";
import path from "node:path";
import { chargeOf, scanEntries, sweepTemporaries } from "./disk-scan.js";
import type { DiskEntry } from "./disk-scan.js";
import { withEvictionLock } from "./eviction-lock.js";
import { createUsageLedger } from "./usage-ledger.js";

/** The room that a store may take on disk, together with all other processes that use its directory. */
export interface DiskSpace {
  /**
   * Takes room, and makes some by deleting what was not used for longest. False when it takes more than there is to be
   * had now: then it has to be given back.
   */
  reserve(bytes: number): Promise<boolean>;
  /** Does work that frees so many bytes, and gives them back. */
  releasing(work: () => Promise<number>): Promise<void>;
}

/** An eviction goes further than it has to, so that not every put is followed by another one. */
const lowWater = 0.9;

export function createDiskSpace(directory: string, maxBytes: number, now: () => number): DiskSpace {
  const ledger = createUsageLedger(directory, now);
  let evicting: Promise<unknown> | undefined;

  /** True when all that there was before is counted. */
  async function evict(): Promise<boolean> {
    if (evicting !== undefined) {
      // It may have begun too early to see all.
      await evicting;
      return false;
    }
    const done = withEvictionLock(directory, () => ledger.recount(count));
    evicting = done;
    try {
      return (await done) === true;
    } finally {
      evicting = undefined;
    }
  }

  /** What there is after the deletions. */
  async function count(): Promise<number> {
    // First what may become an entry meanwhile: counted twice is better than not at all.
    let total = await sweepTemporaries(path.join(directory, ".tmp"));
    const entries: DiskEntry[] = [];
    for await (const entry of scanEntries(directory)) {
      entries.push(entry);
      total += chargeOf(entry.size);
    }
    if (total > maxBytes * lowWater) {
      entries.sort((a, b) => a.usedAt - b.usedAt);
      for (const { file, size } of entries) {
        if (total <= maxBytes * lowWater) break;
        await rm(file, { force: true });
        total -= chargeOf(size);
      }
    }
    return total;
  }

  return {
    async reserve(bytes) {
      const added = await ledger.add(bytes);
      if (added !== undefined && added <= maxBytes) return true;
      const isCounted = await evict();
      // There may have been no ledger to write it to. Written down twice is better than not at all.
      const total = added === undefined && !isCounted ? await ledger.add(bytes) : await ledger.total();
      return total !== undefined && total <= maxBytes;
    },
    releasing: (work) => ledger.releasing(work),
  };
}
