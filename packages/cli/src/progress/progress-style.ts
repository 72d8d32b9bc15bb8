import type { ProgressMode } from "../settings/global-flags.js";
import type { Io } from "../io.js";
import type { OutputFormat } from "../output/output.js";
import type { ProgressStyle } from "./progress-reporter.js";

/** What `--progress auto` means here: a bar on a terminal that can erase a line, lines elsewhere, nothing for programs. */
export function progressStyle(
  mode: ProgressMode,
  { stderr, env }: Pick<Io, "stderr" | "env">,
  { quiet, format }: { readonly quiet: boolean; readonly format: OutputFormat },
): ProgressStyle {
  if (mode !== "auto") return mode;
  if (quiet) return "none";
  const isTerminal = stderr.isTTY === true;
  if (isTerminal && env["TERM"] !== "dumb") return "bar";
  // Whoever asks for JSON and catches standard error wants to find nothing but an error there.
  return format === "json" && !isTerminal ? "none" : "plain";
}
