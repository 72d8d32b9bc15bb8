import process from "node:process";
import type { Declarations, DeclareCommand } from "../../command-line/command-declaration.js";
import { withExamples } from "../../command-line/help.js";
import type { Session } from "../../session/session.js";
import { version } from "../../version.js";

const declareVersion: DeclareCommand = (command, run) => {
  withExamples(command, "blob version", "blob version --short");
  command.option("--short", "only the number").action((flags: { readonly short?: boolean }) =>
    run((session) => showVersion(session, flags), {
      withoutConfig: true,
    }),
  );
};

export const declarations: Declarations = { version: declareVersion };

export async function showVersion({ output }: Session, flags: { readonly short?: boolean }): Promise<void> {
  const number = version();
  await output.result(
    { version: number, node: process.version, platform: process.platform, arch: process.arch },
    () => [
      flags.short === true
        ? number
        : `blob ${number} (Node ${process.version}, ${process.platform} ${process.arch})`,
    ],
    { whatIsAsked: true },
  );
}
