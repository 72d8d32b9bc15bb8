import type { Option } from "commander";

/**
 * Rewrites `--flag=true` to `--flag`, and `--flag=false` to what leaves it off, as the Go command takes them, for those
 * of the options that are on or off. Everything else stays as it is.
 */
export function plainBooleanFlags(argv: readonly string[], options: readonly Option[]): string[] {
  const names = new Set(options.flatMap(({ long }) => (long === undefined ? [] : [long])));
  const booleans = new Set(
    options.flatMap((option) => (option.isBoolean() && option.long !== undefined ? [option.long] : [])),
  );
  const end = argv.indexOf("--");
  return argv.flatMap((argument, at) => {
    const [, name = "", value] = /^(--[a-z-]+)=(true|false)$/u.exec(argument) ?? [];
    if (!booleans.has(name) || (end >= 0 && at > end)) return [argument];
    if (value === "true") return [name];
    const negated = `--no-${name.slice(2)}`;
    return names.has(negated) ? [negated] : [];
  });
}
