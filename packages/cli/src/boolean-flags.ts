/** Flags that are on or off, and can be written `--flag=true` and `--flag=false` as in the Go command. */
const booleanFlags: ReadonlySet<string> = new Set([
  "digest",
  "dirsfirst",
  "flat",
  "force",
  "human",
  "long",
  "overwrite",
  "plain-http",
  "preserve",
  "quiet",
  "recursive",
  "short",
  "skip-compressed",
]);

/** Those that are on by default, and have a form that turns them off. */
const onByDefault: ReadonlySet<string> = new Set(["recursive", "skip-compressed"]);

/** Rewrites `--flag=true` to `--flag`, and `--flag=false` to what leaves it off. Everything else stays as it is. */
export function plainBooleanFlags(argv: readonly string[]): string[] {
  const end = argv.indexOf("--");
  return argv.flatMap((argument, at) => {
    const [, name = "", value] = /^--([a-z-]+)=(true|false)$/u.exec(argument) ?? [];
    if (!booleanFlags.has(name) || (end >= 0 && at > end)) return [argument];
    if (value === "true") return [`--${name}`];
    return onByDefault.has(name) ? [`--no-${name}`] : [];
  });
}
