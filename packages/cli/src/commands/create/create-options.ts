import type { Command } from "commander";
import { Option } from "commander";
import { collect, wholeNumber } from "../../command-line/flag-parsers.js";

/** How contents are stored: the same for all that makes archives. */
export function addCompressionOptions(command: Command): Command {
  return command
    .addOption(
      new Option(
        "-c, --compression <codec>",
        "how files are stored (default: the configuration's, else zstd)",
      ).choices(["none", "zstd"]),
    )
    .option("--compression-level <level>", "zstd level, 1 to 19 (default: 3)", wholeNumber)
    .option("--skip-compressed", "store small files and compressed formats as they are", true)
    .option("--no-skip-compressed", "try to compress every file")
    .addOption(
      new Option(
        "--chunking <how>",
        "where files above 4 MiB are cut into chunks that are read, verified and synced by themselves: every so many " +
          "bytes, where the content says, which keeps syncs small after inserts and takes longer, or not at all " +
          "(default: the configuration's, else fixed)",
      ).choices(["fixed", "content", "none"]),
    );
}

/** How a directory becomes an archive: the same for `push` and `create`. */
export function addCreateOptions(command: Command): Command {
  return addCompressionOptions(command)
    .option("--exclude <pattern>", "leave these out, as in .gitignore; may be repeated", collect)
    .option("--include <pattern>", "only these, as in .gitignore; may be repeated", collect)
    .option("--ignore-file <name>", "files of this name have patterns to leave out; may be repeated", collect)
    .option("--reproducible", "equal bytes for equal files: no times but SOURCE_DATE_EPOCH, no owners")
    .option("--max-files <count>", "refuse to archive more files (0: 200,000; -1: no limit)", wholeNumber)
    .addOption(
      new Option("--change-detection <mode>", "fail when a file changes while it is read")
        .choices(["none", "strict"])
        .default("none"),
    );
}
