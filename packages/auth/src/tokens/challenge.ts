/** One way of authenticating that a server offers (RFC 9110, section 11.6.1). */
export interface Challenge {
  /** Lower case: `basic`, `bearer`. */
  readonly scheme: string;
  /** Names in lower case; where a name occurs twice, the first one counts. */
  readonly parameters: ReadonlyMap<string, string>;
  /** What some schemes (Negotiate, for one) have in place of parameters. */
  readonly token68?: string | undefined;
}

/** Servers limit their own headers to 8–16 KiB; whatever is beyond this was not meant well. */
const maxHeaderLength = 16 * 1024;
const maxChallenges = 32;
const maxParameters = 64;

const separators = /[ \t,]*/y;
const token = /[!#$%&'*+\-.^_`|~0-9A-Za-z]+/y;
const equals = /[ \t]*=[ \t]*/y;
const quoted = /"((?:[^"\\]|\\[^])*)"/y;
/** Not in the grammar, but registries have been seen to send URLs without quotes. */
const unquoted = /[^ \t,"]+/y;
const token68 = /[ \t]+([0-9A-Za-z\-._~+/]+=*)[ \t]*(?=,|$)/y;
const unreadable = /[^,"]+|"(?:[^"\\]|\\[^])*(?:"|\\?$)/y;

interface OpenChallenge extends Challenge {
  readonly parameters: Map<string, string>;
}

/**
 * The challenges of a `WWW-Authenticate` header, in order; several headers may be joined by commas. What
 * cannot be read is skipped, nothing is thrown, and only the first 16 KiB count.
 */
export function parseChallenges(header: string): Challenge[] {
  const text = header.slice(0, maxHeaderLength);
  const challenges: OpenChallenge[] = [];
  let at = 0;

  /** What the pattern matches here, or undefined; moves on behind it. */
  function take(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = at;
    const match = pattern.exec(text);
    if (match === null) return undefined;
    at = pattern.lastIndex;
    return match;
  }

  function takeValue(): string | undefined {
    const match = take(quoted);
    if (match !== undefined) return (match[1] ?? "").replaceAll(/\\([^])/g, "$1");
    return take(unquoted)?.[0];
  }

  while (at < text.length && challenges.length < maxChallenges) {
    take(separators);
    const name = take(token)?.[0].toLowerCase();
    if (name === undefined) {
      take(unreadable);
      continue;
    }
    if (take(equals) !== undefined) {
      const value = takeValue();
      const parameters = challenges.at(-1)?.parameters;
      if (value === undefined || parameters === undefined) continue;
      if (!parameters.has(name) && parameters.size < maxParameters) parameters.set(name, value);
      continue;
    }
    const credentials = take(token68)?.[1];
    challenges.push({
      scheme: name,
      parameters: new Map(),
      ...(credentials === undefined ? {} : { token68: credentials }),
    });
  }
  return challenges;
}
