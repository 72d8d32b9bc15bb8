import { UsageError } from "../../errors/usage-error.js";

export const exportFormats = ["tar", "tar.gz", "tar.zst", "zip"] as const;

export type ExportFormat = (typeof exportFormats)[number];

const byEnding: readonly (readonly [string, ExportFormat])[] = [
  [".tar", "tar"],
  [".tar.gz", "tar.gz"],
  [".tgz", "tar.gz"],
  [".tar.zst", "tar.zst"],
  [".tzst", "tar.zst"],
  [".zip", "zip"],
];

/** What to write to a file of this name. @throws UsageError */
export function exportFormatOf(file: string, wanted: ExportFormat | undefined): ExportFormat {
  if (wanted !== undefined) return wanted;
  const name = file.toLowerCase();
  const found = byEnding.find(([ending]) => name.endsWith(ending));
  if (found !== undefined) return found[1];
  const choices = exportFormats.join(", ");
  throw new UsageError(`-o ${file}: its name does not say what to write; give --format (${choices})`);
}
