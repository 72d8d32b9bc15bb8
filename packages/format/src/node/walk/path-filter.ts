import type { Ignore } from "ignore";

/** Which files of a directory are meant. Patterns are those of `.gitignore`, relative to the directory. */
export interface FilterOptions {
  /** Leaves out files, and directories with all that is in them. */
  readonly exclude?: readonly string[] | undefined;
  /** Only files that match one of these, or are below a directory that does. Default: all. */
  readonly include?: readonly string[] | undefined;
  /**
   * Names of files with more patterns to leave out, as git has `.gitignore`: each holds for its directory and those
   * below, and the deepest one that says anything decides. They are archived themselves. Default: none.
   */
  readonly ignoreFiles?: readonly string[] | undefined;
}

/** The patterns that hold in one directory. */
export interface PathFilter {
  /** Names to look for in each directory, and to give to `enter`. */
  readonly ignoreFiles: readonly string[];
  /** Whether a path is meant; a directory's ends in a slash, and what is in one that is not meant is not asked for. */
  includes(path: string): boolean;
  /** The filter for a directory, which ends in a slash unless it is the root, with the content of the ignore files in it. */
  enter(directory: string, rules: readonly string[]): PathFilter;
}

/** The patterns of one directory's ignore files. */
interface Rules {
  /** Ends in a slash, unless it is the root. */
  readonly base: string;
  readonly matcher: Ignore;
}

/** What it takes to understand patterns is loaded when there may be some: most jobs have none. */
export async function createPathFilter(options: FilterOptions): Promise<PathFilter> {
  const { exclude = [], include, ignoreFiles = [] } = options;
  if (exclude.length === 0 && include === undefined && ignoreFiles.length === 0) return noFilter;
  const { default: ignore } = await import("ignore");
  /** Paths are told apart by case everywhere: the same directory gives the same archive on every system. */
  const matcherOf = (patterns: readonly string[]): Ignore => ignore({ ignorecase: false }).add(patterns);
  const excluded = exclude.length === 0 ? undefined : matcherOf(exclude);
  const included = include === undefined ? undefined : matcherOf(include);

  const within = (chain: readonly Rules[]): PathFilter => ({
    ignoreFiles,
    includes(path) {
      if (excluded?.ignores(path) === true) return false;
      for (const { base, matcher } of chain) {
        const { ignored, unignored } = matcher.test(path.slice(base.length));
        if (ignored) return false;
        if (unignored) break;
      }
      // A directory may have files in it that match.
      return included === undefined || path.endsWith("/") || included.ignores(path);
    },
    enter(base, rules) {
      if (rules.length === 0) return this;
      return within([{ base, matcher: matcherOf(rules.flatMap((text) => text.split(/\r?\n/))) }, ...chain]);
    },
  });
  return within([]);
}

const noFilter: PathFilter = {
  ignoreFiles: [],
  includes: () => true,
  enter: () => noFilter,
};
