import { Argument } from "commander";
import type { Declarations, DeclareCommand } from "../../command-line/command-declaration.js";
import { withExamples } from "../../command-line/help.js";
import type { Shell } from "../../completion/shell-scripts.js";
import { shellScripts } from "../../completion/shell-scripts.js";
import type { CompleteFlags } from "./complete.js";
import type { Session } from "../../session/session.js";

const declareCompletion: DeclareCommand = (command, run) => {
  withExamples(
    command,
    "blob completion fish > ~/.config/fish/completions/blob.fish",
    "source <(blob completion bash)     # in ~/.bashrc",
    "source <(blob completion zsh)      # in ~/.zshrc, after compinit",
    "blob completion powershell | Out-String | Invoke-Expression   # in $PROFILE",
  );
  command
    .addArgument(new Argument("<shell>").choices(["bash", "zsh", "fish", "powershell"]))
    .action((shell: Shell) =>
      run((session) => showCompletion(session, shell), {
        withoutConfig: true,
      }),
    );
};

/** What the scripts call. It completes the lines of all commands. */
const declareComplete: DeclareCommand = (command, run, createProgram) => {
  withExamples(command, "blob complete -- cat ghcr.io/acme/site:v1 css/");
  command
    .argument("[words...]", "a command line without blob; the last word is the one at the cursor")
    .option("--word <text>", "the word at the cursor, when it is not the last one")
    .option("--bash-line <text>", "a line of bash up to the cursor, instead of words")
    .option("--word-breaks <characters>", "COMP_WORDBREAKS of bash", "")
    .action((words: readonly string[], flags: CompleteFlags) =>
      run(async (session) => (await import("./complete.js")).complete(session, createProgram, words, flags), {
        // A configuration that is broken must not write into a line that is being typed.
        withoutConfig: true,
      }),
    );
};

export const declarations: Declarations = { completion: declareCompletion, complete: declareComplete };

/** The script itself, whatever the output format: a shell reads it. */
export async function showCompletion({ output }: Session, shell: Shell): Promise<void> {
  await output.bytes(Buffer.from(shellScripts[shell]));
}
