import type { Circumstances } from "./circumstances.js";
import { nearest } from "./nearest.js";

/** What is no reference, and how the command was called. */
export interface Misunderstood extends Pick<Circumstances, "command" | "operands" | "aliases"> {
  readonly text: string;
}

/** `https://`, `docker://`, `oci://` and the like: what other programs take, or a browser's address line has. */
const scheme = /^(?<name>[a-z][a-z0-9+.-]*):\/\/+/iu;

/** A host that cannot be anything else, a repository, perhaps a tag and a digest. */
const referenceLike =
  /^(?:[a-z0-9-]+(?:\.[a-z0-9-]+)+|localhost|[a-z0-9.-]+:\d{1,5}|\[[0-9a-f:.]+\]:?\d*)(?::\d+)?\/[a-z0-9._/-]+(?::[\w.-]+)?(?:@sha\d+:[0-9a-f]+)?$/u;

/** What somebody may have meant who wrote this for a reference; undefined when nothing suggests itself. */
export function meantBy({ text, command, operands, aliases }: Misunderstood): string | undefined {
  const written = scheme.exec(text);
  if (written !== null) {
    const rest = text.slice(written[0].length).replace(/\/+$/u, "");
    const how = written.groups?.["name"]?.toLowerCase() === "http" ? ", with --plain-http" : "";
    return rest === "" ? undefined : `did you mean ${rest}${how}? A reference has no ${written[0]} in front`;
  }
  const swapped = swappedOperands(text, operands);
  if (swapped !== undefined) return `did you mean \`blob ${command} ${swapped.join(" ")}\`?`;
  if (isPath(text)) {
    return "for what is on this machine: oci:PATH:tag for an OCI layout, file:DIR for an archive that `blob create` wrote";
  }
  const slash = text.indexOf("/");
  if (slash < 0 && /^[\w.-]+(?::[\w.-]+)?$/u.test(text)) {
    const [name = ""] = text.split(":");
    const near = nearest(name, aliases);
    return near === undefined
      ? "there is no alias of that name either; `blob alias list` shows them"
      : `did you mean the alias ${near}?`;
  }
  const lower = text.slice(0, slash + 1) + withLowerCaseRepository(text.slice(slash + 1));
  if (lower !== text && referenceLike.test(lower)) return `did you mean ${lower}?`;
  if (/^[a-z0-9][a-z0-9._-]*\/[a-z0-9._/-]+(?::[\w.-]+)?$/u.test(text) && !referenceLike.test(text)) {
    return `name the registry, too: did you mean docker.io/${text}, or ghcr.io/${text}?`;
  }
  return undefined;
}

/** The arguments with the one that looks like a reference where the reference belongs. */
function swappedOperands(text: string, operands: readonly string[]): readonly string[] | undefined {
  const from = operands.indexOf(text);
  const to = operands.findIndex((one, at) => at > from && referenceLike.test(one));
  const reference = operands[to];
  if (from !== 0 || to < 0 || reference === undefined || referenceLike.test(text)) return undefined;
  return [reference, ...operands.filter((_, at) => at !== to)];
}

function isPath(text: string): boolean {
  return /^(?:\.{0,2}\/|~|\.{1,2}$|[A-Za-z]:[\\/])/u.test(text);
}

function withLowerCaseRepository(rest: string): string {
  const end = rest.search(/[:@]/u);
  return end < 0 ? rest.toLowerCase() : rest.slice(0, end).toLowerCase() + rest.slice(end);
}
