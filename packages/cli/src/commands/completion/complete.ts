import type { CreateProgram } from "../../command-line/command-declaration.js";
import { parseBashLine, quoteForBash } from "../../completion/bash-line.js";
import type { Candidate } from "../../completion/candidate.js";
import { candidatesFor } from "../../completion/candidate.js";
import { candidatesAfter } from "../../completion/candidates.js";
import type { LoadedConfig } from "../../config/config.js";
import { configPath } from "../../config/config-path.js";
import { loadConfig } from "../../config/load-config.js";
import type { Session } from "../../session/session.js";
import { createSession } from "../../session/session.js";
import { resolveSettings } from "../../settings/settings.js";

export interface CompleteFlags {
  readonly word?: string;
  readonly bashLine?: string;
  readonly wordBreaks: string;
}

/**
 * Writes what may stand at the cursor, one a line. For `words`, the last of which is at the cursor unless `--word` is: the value, a tab and
 * a description, for shells that quote what they insert. With `--bash-line`: what bash puts at the cursor, quoted.
 */
export async function complete(
  session: Session,
  createProgram: CreateProgram,
  words: readonly string[],
  { word, bashLine, wordBreaks }: CompleteFlags,
): Promise<void> {
  let lines: readonly string[];
  if (bashLine === undefined) {
    const [finished, current] = word === undefined ? [words.slice(0, -1), words.at(-1) ?? ""] : [words, word];
    const found = await candidatesAt(session, createProgram, finished, current);
    lines = found.map(({ value, description }) =>
      description === undefined ? value : `${value}\t${description}`,
    );
  } else {
    const { words: finished, current, kept, quote } = parseBashLine(bashLine, wordBreaks);
    const found = await candidatesAt(session, createProgram, finished.slice(1), current);
    lines = found.map(({ value }) => quoteForBash(value.slice(kept), quote));
  }
  await session.output.bytes(Buffer.from(lines.map((line) => `${line}\n`).join("")));
}

async function candidatesAt(
  session: Session,
  createProgram: CreateProgram,
  words: readonly string[],
  word: string,
): Promise<readonly Candidate[]> {
  const { io, standardOutput, circumstances } = session;
  const { program } = await createProgram(words, { io, standardOutput }, () => Promise.resolve());
  const config = await configOf(session, words);
  const settings = resolveSettings(session.flags, io, config);
  const configured = createSession(io, {
    standardOutput,
    circumstances,
    flags: session.flags,
    settings,
    config,
  });
  try {
    return candidatesFor(word, await candidatesAfter(program, configured, words, word));
  } finally {
    await configured.close();
  }
}

/** The configuration that the line names. A broken one is none here: there is nobody to tell, but with `-v`. */
async function configOf(
  { io, flags, config, output }: Session,
  words: readonly string[],
): Promise<LoadedConfig> {
  const at = words.findLastIndex((word) => word === "--config" || word.startsWith("--config="));
  const named =
    words[at]?.startsWith("--config=") === true ? words[at].slice("--config=".length) : words[at + 1];
  try {
    return await loadConfig(configPath(io, at < 0 ? flags.config : named));
  } catch (error) {
    output.detail(error instanceof Error ? error.message : String(error));
    return config;
  }
}
