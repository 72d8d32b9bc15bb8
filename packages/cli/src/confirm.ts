import { isTerminal, askTerminal } from "./prompt.js";
import type { Session } from "./session/session.js";
import { UsageError } from "./errors/usage-error.js";

/**
 * Asks at the terminal before something is done that cannot be undone.
 *
 * @param command As in `cache clear`: what needs `--force` where nobody can be asked.
 * @throws UsageError when the answer is not yes, or there is nobody to ask.
 */
export async function confirm({ io, output }: Session, command: string, question: string): Promise<void> {
  if (output.format === "json" || !isTerminal(io.stdin)) {
    throw new UsageError(`${command}: --force required with JSON or without a terminal`);
  }
  const answer = await askTerminal(io, `${question} [y/N] `);
  if (!/^y(?:es)?$/iu.test(answer)) throw new UsageError(`nothing was done: ${command} was not confirmed`);
}
