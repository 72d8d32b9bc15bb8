import { Command, InvalidArgumentError, Option } from "commander";
import type { RawGlobalFlags } from "./global-flags.js";
import type { Io } from "./io.js";
import type { Session } from "./session.js";
import type { CpFlags } from "./commands/cp.js";
import type { CreateFlags } from "./commands/create-flags.js";
import type { LsFlags } from "./commands/ls.js";
import type { PullFlags } from "./commands/pull.js";
import type { PushFlags } from "./commands/push.js";
import type { RegistryServeFlags } from "./commands/registry-serve.js";
import type { TreeFlags } from "./commands/tree.js";
import { printable } from "./printable.js";
import { version } from "./version.js";

/** Runs a command with a session made from the global flags. */
export type RunCommand = (
  flags: RawGlobalFlags,
  command: (session: Session) => Promise<void>,
) => Promise<void>;

/** Every command with its arguments and flags. Their code is loaded when they run. */
export function createProgram(io: Io, run: RunCommand): Command {
  const program = new Command("blob")
    .description("Archives of files in OCI registries: push directories, read single files lazily.")
    .option("--output <format>", "text or json; BLOB_OUTPUT")
    .option("-q, --quiet", "no messages besides results and errors")
    .option("--plain-http", "speak HTTP to registries instead of HTTPS; BLOB_PLAIN_HTTP")
    .option("-u, --username <name>", "user name for the registry; needs --password-stdin")
    .option("--password-stdin", "read the password from standard input")
    .version(version(), "--version", "show the number of this version")
    .exitOverride()
    .configureOutput({
      writeOut: (text) => io.stdout.write(text),
      // Errors are reported by main, in the format that was asked for.
      writeErr: (text) => void (text.startsWith("error:") || io.stderr.write(printableLines(text))),
    })
    .showSuggestionAfterError()
    .addHelpText("after", "\nExamples:\n" + examples);
  const start = (command: (session: Session) => Promise<void>): Promise<void> =>
    run(program.opts<RawGlobalFlags>(), command);

  withCreateOptions(program.command("push <reference> <directory>"))
    .description("archive a directory and push it")
    .option("--annotation <key=value>", "annotation of the manifest; may be repeated", collect)
    .option("-t, --tag <tag>", "another tag for the same archive; may be repeated", collect)
    .action((reference: string, directory: string, flags: PushFlags) =>
      start(async (session) =>
        (await import("./commands/push.js")).push(session, reference, directory, flags),
      ),
    );

  withCreateOptions(program.command("create <directory> <destination>"))
    .description("archive a directory into index.blob and data.blob in another directory")
    .action((directory: string, destination: string, flags: CreateFlags) =>
      start(async (session) =>
        (await import("./commands/create.js")).create(session, directory, destination, flags),
      ),
    );

  program
    .command("pull <reference> [directory]")
    .description("extract an archive, or a part of it, into a directory (default: the current one)")
    .option("-p, --prefix <path>", "only what is below this directory of the archive")
    .option("-f, --overwrite", "replace files that exist")
    .addOption(new Option("--force", "the same as --overwrite").implies({ overwrite: true }))
    .option("--preserve", "restore permissions and modification times")
    .action((reference: string, directory: string | undefined, flags: PullFlags) =>
      start(async (session) =>
        (await import("./commands/pull.js")).pull(session, reference, directory ?? ".", flags),
      ),
    );

  program
    .command("cp <paths...>")
    .usage("[options] <reference:/path...> <destination>")
    .description("copy files and directories out of archives")
    .option("-r, --recursive", "copy directories with all that is below them", true)
    .option("--no-recursive", "copy files only")
    .option("--preserve", "restore permissions and modification times")
    .option("-f, --force", "replace files that exist")
    .option("--flat", "keep only the files' own names, not their directories")
    .action((paths: readonly string[], flags: CpFlags) =>
      start(async (session) => (await import("./commands/cp.js")).cp(session, paths, flags)),
    );

  program
    .command("cat <reference> <file...>")
    .description("write files of an archive to standard output")
    .option("--force", "write binary files to a terminal too")
    .action((reference: string, files: string[], flags: { readonly force?: boolean }) =>
      start(async (session) => (await import("./commands/cat.js")).cat(session, reference, files, flags)),
    );

  program
    .command("ls <reference> [path]")
    .description("list a directory of an archive")
    .helpOption("--help", "display help for command")
    .option("-l, --long", "with mode, size, time and hash")
    .option("-h, --human", "sizes in KiB, MiB and so on")
    .option("--digest", "with the whole hash of each file")
    .action((reference: string, path: string | undefined, flags: LsFlags) =>
      start(async (session) => (await import("./commands/ls.js")).ls(session, reference, path ?? "", flags)),
    );

  program
    .command("tree <reference> [path]")
    .description("show the directories and files of an archive as a tree")
    .option("-L, --level <depth>", "go no deeper than this", wholeNumber)
    .option("--dirsfirst", "directories before files")
    .action((reference: string, path: string | undefined, flags: TreeFlags) =>
      start(async (session) =>
        (await import("./commands/tree.js")).tree(session, reference, path ?? "", flags),
      ),
    );

  program
    .command("inspect <reference>")
    .description("show what an archive is, without its files")
    .action((reference: string) =>
      start(async (session) => (await import("./commands/inspect.js")).inspect(session, reference)),
    );

  program
    .command("tag <source> <destination>")
    .description("point a tag at another reference of the same repository")
    .action((source: string, destination: string) =>
      start(async (session) => (await import("./commands/tag.js")).tag(session, source, destination)),
    );

  program
    .command("registry")
    .description("a registry for development and tests")
    .command("serve")
    .description("serve OCI layouts below a directory over HTTP, to whoever can connect")
    .requiredOption("--dir <directory>", "where repositories are kept; made when it does not exist")
    .option("--port <number>", "0 for any free one", portNumber, 5000)
    .option("--listen <address>", "127.0.0.1 is this machine only", "127.0.0.1")
    .action((flags: RegistryServeFlags) =>
      start(async (session) => (await import("./commands/registry-serve.js")).serveRegistry(session, flags)),
    );

  program
    .command("version")
    .description("show the version of this command")
    .option("--short", "only the number")
    .action((flags: { readonly short?: boolean }) =>
      start(async (session) => (await import("./commands/version.js")).showVersion(session, flags)),
    );
  return program;
}

/** How a directory becomes an archive: the same for `push` and `create`. */
function withCreateOptions(command: Command): Command {
  return command
    .addOption(
      new Option("-c, --compression <codec>", "how files are stored")
        .choices(["none", "zstd"])
        .default("zstd"),
    )
    .option("--compression-level <level>", "zstd level, 1 to 19 (default: 3)", wholeNumber)
    .option("--skip-compressed", "store small files and compressed formats as they are", true)
    .option("--no-skip-compressed", "try to compress every file")
    .option("--max-files <count>", "refuse to archive more files (0: 200,000; -1: no limit)", wholeNumber)
    .addOption(
      new Option("--change-detection <mode>", "fail when a file changes while it is read")
        .choices(["none", "strict"])
        .default("none"),
    );
}

const examples = `  blob push ghcr.io/acme/site:v1 ./public
  blob cat ghcr.io/acme/site:v1 config.json
  blob ls oci:./layout:v1
`;

function wholeNumber(text: string): number {
  if (!/^-?\d{1,15}$/u.test(text)) throw new InvalidArgumentError("It has to be a whole number.");
  return Number(text);
}

function portNumber(text: string): number {
  const port = wholeNumber(text);
  if (port < 0 || port > 65_535) throw new InvalidArgumentError("It is a number from 0 to 65535.");
  return port;
}

function collect(value: string, previous: readonly string[] = []): readonly string[] {
  return [...previous, value];
}

function printableLines(text: string): string {
  return text.split("\n").map(printable).join("\n");
}
