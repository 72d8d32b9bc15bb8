import type { DeclareCommand } from "../command-declaration.js";
import { withExamples } from "../command-declaration.js";

export const declareConfig: DeclareCommand = (command, run) => {
  withExamples(command, "blob config show", "blob config set cache.max_size 2GiB", "blob config edit");
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
    .description("open the configuration file in $VISUAL or $EDITOR; what is broken is not taken")
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
};
