import { canonicalSpellings } from "./reference-spellings.js";

/** What may follow a beginning to make it a reference: the rest of a name, of a host, of an address, of a tag. */
const tails: readonly string[] =
  "/x x /x/x x/x :x x.x/x .x/x :1/x 1/x z:1/x ::1]:1/x :1]:1/x 1]:1/x ]:1/x .0.0.0:1/x .0.0:1/x .0:1/x"
    .split(" ")
    .concat("");

/**
 * Why an expression fits no canonical reference, as far as that can be told from what it begins with: the host of another
 * spelling, a name without its registry, a scheme, spaces, an end before the tag. It may still fit a reference that is
 * written in this very way, which protects from nobody. Undefined when it fits something, and when that cannot be told.
 *
 * @param match Is a regular expression.
 */
export function whyUnmatchable(match: string): string | undefined {
  return alternativesOf(match).map(whyNone).find(Boolean);
}

function whyNone(alternative: string): string | undefined {
  const { isAnchored, text, isWhole } = beginningOf(alternative);
  if (/^[a-z][a-z0-9+.-]*:\/\//iu.test(text)) {
    return `${text} begins with a scheme: references are host/repository:tag, oci:/path:tag or file:/path`;
  }
  const isPlace = /^(?:oci|file):/u.test(text);
  const isHost = /^[a-z0-9-]+(?:\.[a-z0-9-]+)+(?::\d+)?\//iu.test(text.trim());
  if (/\s/u.test(text) && !isPlace && (isAnchored || isHost)) {
    return `${JSON.stringify(text)} has spaces, which are in no reference of a registry`;
  }
  if (text === "" || (!isAnchored && !isHost)) return undefined;
  return isWhole ? whyNotWhole(text, isAnchored) : whyNotBeginning(text, isAnchored);
}

function whyNotWhole(text: string, isAnchored: boolean): string | undefined {
  const { spellings, problem } = spellingsOf(text);
  if (spellings.some((one) => (isAnchored ? one === text : one.endsWith(text)))) return undefined;
  return told(text, text, spellings, problem);
}

function whyNotBeginning(text: string, isAnchored: boolean): string | undefined {
  // What a digest or tag may go on with is not guessed.
  const known = text.replace(/@.*$/u, "");
  const samples = tails.map((tail) => ({ sample: `${known}${tail}`, ...spellingsOf(`${known}${tail}`) }));
  const fits = (one: string): boolean => (isAnchored ? one.startsWith(known) : one.includes(known));
  if (samples.some(({ spellings }) => spellings.some(fits))) return undefined;
  const natural = samples[/[/:]$/u.test(known) ? 1 : 0];
  const shown = samples.find(({ spellings }) => spellings.length > 0) ?? natural;
  return told(text, shown?.sample ?? text, shown?.spellings ?? [], shown?.problem);
}

function told(text: string, sample: string, spellings: readonly string[], problem?: string): string {
  const [canonical] = spellings;
  return canonical === undefined
    ? `no reference has ${text}: ${problem ?? ""}`
    : `no canonical reference has ${text}: ${sample} is ${canonical}`;
}

function spellingsOf(sample: string): { readonly spellings: readonly string[]; readonly problem?: string } {
  try {
    return { spellings: canonicalSpellings(sample) };
  } catch (error) {
    return { spellings: [], problem: error instanceof Error ? error.message : String(error) };
  }
}

/** What is between the bars that are in no group and no class. */
function alternativesOf(expression: string): readonly string[] {
  const found: string[] = [];
  let [from, depth, isInClass] = [0, 0, false];
  for (let at = 0; at < expression.length; at += 1) {
    const sign = expression[at];
    if (sign === "\\") at += 1;
    else if (sign === "]") isInClass = false;
    else if (isInClass) continue;
    else if (sign === "[") isInClass = true;
    else if (sign === "(") depth += 1;
    else if (sign === ")") depth -= 1;
    else if (sign === "|" && depth === 0) {
      found.push(expression.slice(from, at));
      from = at + 1;
    }
  }
  return [...found, expression.slice(from)];
}

/** The text that an expression begins with, before the first sign that stands for anything else than itself. */
interface Beginning {
  readonly isAnchored: boolean;
  readonly text: string;
  /** Nothing comes after it: it ends with `$`. */
  readonly isWhole: boolean;
}

function beginningOf(expression: string): Beginning {
  const isAnchored = expression.startsWith("^");
  let text = "";
  let at = isAnchored ? 1 : 0;
  while (at < expression.length) {
    if (expression.slice(at) === "$") return { isAnchored, text, isWhole: true };
    const [sign, length] = literalAt(expression, at);
    if (sign === undefined) break;
    at += length;
    // What may be there any number of times need not be there.
    if (/[*?{]/u.test(expression[at] ?? "")) break;
    text += sign;
    if (expression[at] === "+") break;
  }
  return { isAnchored, text, isWhole: false };
}

/** A sign that stands for itself, and how long it is as it is written. */
function literalAt(expression: string, at: number): readonly [string | undefined, number] {
  const sign = expression[at] ?? "";
  const next = expression[at + 1] ?? "";
  if (sign === "\\") return [/[a-z0-9]/iu.test(next) ? undefined : next, 2];
  // Whoever leaves a dot between letters as it is means one.
  if (sign === ".")
    return [/[a-z0-9]\.[a-z0-9]/iu.test(expression.slice(at - 1, at + 2)) ? sign : undefined, 1];
  return [/[$()*+?[\]^{|}]/u.test(sign) ? undefined : sign, 1];
}
