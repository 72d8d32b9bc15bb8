/** Flags about permissions and modification times. */
export interface PreserveFlags {
  readonly preserve?: boolean;
  readonly preserveMode?: boolean;
  readonly preserveTimes?: boolean;
}

/**
 * What extracted files get of the archive: both unless `--no-preserve`, and what is asked for by name also then. Undefined
 * where no flag says anything: then files are linked where that was asked for.
 */
export function factsToPreserve({ preserve, preserveMode, preserveTimes }: PreserveFlags): {
  readonly preserveMode: boolean | undefined;
  readonly preserveTimes: boolean | undefined;
} {
  return { preserveMode: preserveMode ?? preserve, preserveTimes: preserveTimes ?? preserve };
}
