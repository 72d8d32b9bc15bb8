import type { DeclareCommand } from "../command-declaration.js";
import { withExamples } from "../command-declaration.js";

export const declareCache: DeclareCommand = (command, run) => {
  withExamples(command, "blob cache status", "blob cache clear content");
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
    .argument("[type]", "content, blocks, refs, manifests or indexes")
    .option("--force", "do not ask: needed with JSON or without a terminal")
    .action((type: string | undefined, flags: { readonly force?: boolean }) =>
      run(async (session) => (await import("./cache.js")).clearCaches(session, type, flags)),
    );
};
