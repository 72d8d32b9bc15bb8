import type { Option } from "commander";

/** What the Go command takes for true and false. */
const isOn: Readonly<Record<string, boolean>> = {
  ...Object.fromEntries(["1", "t", "T", "true", "True", "TRUE"].map((text) => [text, true])),
  ...Object.fromEntries(["0", "f", "F", "false", "False", "FALSE"].map((text) => [text, false])),
};

/**
 * Rewrites flags with `=` as the Go command takes them: `--flag=true` to `--flag`, and `--flag=false` to what leaves it off,
 * for those of the options that are on or off, by their long or short names; `-c=none` to `-cnone` for the others.
 * Everything else stays as it is.
 */
export function plainBooleanFlags(argv: readonly string[], options: readonly Option[]): string[] {
  const names = new Set(options.flatMap(({ long }) => (long === undefined ? [] : [long])));
  const end = argv.indexOf("--");
  return argv.flatMap((argument, at) => {
    const [, name, text = ""] = /^(--[a-z-]+|-[A-Za-z])=(.*)$/su.exec(argument) ?? [];
    if (name === undefined || (end >= 0 && at > end)) return [argument];
    // Flags of a command come after the global ones: of two with one letter the command's is meant.
    const option = options.findLast(({ long, short }) => name === long || name === short);
    if (option === undefined) return [argument];
    if (!option.isBoolean()) return name.startsWith("--") ? [argument] : [name, text];
    const value = Object.hasOwn(isOn, text) ? isOn[text] : undefined;
    if (value === undefined || option.long === undefined) return [argument];
    if (value) return [option.long];
    const negated = `--no-${option.long.slice(2)}`;
    return names.has(negated) ? [negated] : [];
  });
}
