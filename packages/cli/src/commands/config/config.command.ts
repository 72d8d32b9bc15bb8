import type { Declarations, DeclareCommand } from "../../command-line/command-declaration.js";
import { withExamples } from "../../command-line/help.js";

const declareConfig: DeclareCommand = (command, run) => {
  withExamples(
    command,
    "blob config show",
    "blob config set cache.max_size 2GiB",
    "blob config edit",
    "blob config check ghcr.io/acme/site:v1",
  );
  // These have to work when the file is broken: they are how it is mended.
  const withoutConfig = { withoutConfig: true };
  command
    .command("show")
    .description("show every setting and where it comes from")
    .action(() => run(async (session) => (await import("./config.js")).showConfig(session)));
  command
    .command("path")
    .description("show where the configuration file is")
    .action(() =>
      run(async (session) => (await import("./config.js")).showConfigPath(session), withoutConfig),
    );
  command
    .command("edit")
    .description("open the configuration file in $EDITOR or $VISUAL; what is broken is not taken")
    .action(() =>
      run(async (session) => (await import("./config-edit.js")).editInEditor(session), withoutConfig),
    );
  command
    .command("get")
    .description("show one setting")
    .argument("<key>", "as in cache.max_size")
    .action((key: string) => run(async (session) => (await import("./config.js")).getConfig(session, key)));
  command
    .command("set")
    .description("change one setting of the configuration file; comments stay")
    .argument("<key>", "as in cache.max_size")
    .argument("<value>")
    .action((key: string, value: string) =>
      run(async (session) => (await import("./config.js")).setConfig(session, key, value), withoutConfig),
    );
  command
    .command("migrate")
    .description(
      "write the Go command's spellings of settings, such as maxsize, as this one does; comments stay",
    )
    .action(() =>
      run(async (session) => (await import("./config-migrate.js")).migrate(session), withoutConfig),
    );
  command
    .command("check")
    .description("say what is wrong with the rules of policies, and which of them a reference meets")
    .argument("[reference]")
    .addHelpText("after", checkHelp)
    .action((reference: string | undefined) =>
      run(async (session) => (await import("./config-check.js")).checkConfig(session, reference)),
    );
};

export const declarations: Declarations = { config: declareConfig };

const checkHelp = `
Ends with 2 when a rule is broken: its expression is none, or its policy or key cannot be read. Warns of rules that fit
no canonical reference, as far as their beginnings tell: letters in upper case in a host or repository, a scheme
(https://), spaces, a host in another spelling (index.docker.io, 127.1), a name without its host (^acme/site; Docker
Hub is ^docker\\.io/acme/site), a relative path (oci:./x), or an end before the tag (site$ is site:latest).
`;
