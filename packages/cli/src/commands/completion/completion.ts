import type { Shell } from "../../completion/shell-scripts.js";
import { shellScripts } from "../../completion/shell-scripts.js";
import type { Session } from "../../session/session.js";

/** The script itself, whatever the output format: a shell reads it. */
export async function showCompletion({ output }: Session, shell: Shell): Promise<void> {
  await output.bytes(Buffer.from(shellScripts[shell]));
}
