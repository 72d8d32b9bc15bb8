import { Option } from "commander";
import type { Declarations, DeclareCommand } from "../../command-line/command-declaration.js";
import { withExamples } from "../../command-line/help.js";
import type { LsFlags } from "./ls.js";

const declareLs: DeclareCommand = (command, run) => {
  withExamples(command, "blob ls ghcr.io/acme/site:v1", "blob ls -lh ghcr.io/acme/site:v1 css");
  command
    .argument("<reference>")
    .argument("[path]", "a directory or a file", "")
    // -h is --human, as in ls.
    .helpOption("--help", "display help for command")
    .option("-l, --long", "with mode, size, time and hash")
    .option("-h, --human", "sizes in KiB, MiB and so on")
    .option("--digest", "with the whole hash of each file")
    .addOption(new Option("--sort <by>", "in this order").choices(["name", "size", "time"]).default("name"))
    .option("-r, --reverse", "the other way round")
    .option("-R, --recursive", "with everything below, by path")
    .action((reference: string, path: string, flags: LsFlags) =>
      run(async (session) => (await import("./ls.js")).ls(session, reference, path, flags)),
    );
};

export const declarations: Declarations = { ls: declareLs };
