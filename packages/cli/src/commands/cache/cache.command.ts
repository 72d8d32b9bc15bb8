import type { Declarations, DeclareCommand } from "../../command-line/command-declaration.js";
import { withExamples } from "../../command-line/help.js";

const declareCache: DeclareCommand = (command, run) => {
  withExamples(command, "blob cache status", "blob cache prune --max-size 1GiB", "blob cache clear content");
  command
    .command("status")
    .description("show what each cache holds")
    .action(() => run(async (session) => (await import("./cache.js")).cacheStatus(session)));
  command
    .command("path")
    .description("show where the caches are")
    .action(() => run(async (session) => (await import("./cache.js")).cachePath(session)));
  command
    .command("clear")
    .description("empty one cache, or all")
    .argument("[type]", "content, blocks, refs, manifests, indexes or all", "all")
    .option("--force", "do not ask: needed with JSON or without a terminal")
    .action((type: string, flags: { readonly force?: boolean }) =>
      run(async (session) => (await import("./cache.js")).clearCaches(session, type, flags)),
    );
  command
    .command("prune")
    .description("delete what was not used for longest until the caches are small enough")
    .option(
      "--max-size <size>",
      "for all caches together, as in 500MiB (default: the limit they have anyway)",
    )
    .action((flags: { readonly maxSize?: string }) =>
      run(async (session) => (await import("./cache.js")).pruneCaches(session, flags)),
    );
  command
    .command("verify")
    .description("read all that is kept, and delete what is damaged")
    .action(() => run(async (session) => (await import("./cache.js")).verifyCaches(session)));
};

export const declarations: Declarations = { cache: declareCache };
