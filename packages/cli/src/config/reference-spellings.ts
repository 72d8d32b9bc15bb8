import path from "node:path";
import { parseLocation } from "@blob/client";
import { expandAlias } from "./aliases.js";
import { canonicalReference, realPath } from "./canonical-reference.js";

/** How far aliases of aliases are followed. They open nothing, but whoever wrote a rule may have meant the last one. */
const maxAliases = 16;

/**
 * All texts that a rule is asked about for one reference: as it is written, as aliases expand it, and the canonical
 * reference, with and without the port that is the default one with TLS or without. To know more texts can only make
 * more rules fit.
 *
 * @throws ClientError or RegistryError `InvalidReference`
 */
export function referenceSpellings(
  written: string,
  aliases: Readonly<Record<string, string>> = {},
): readonly string[] {
  const steps = [written];
  for (let text = written; steps.length <= maxAliases;) {
    text = expandAlias(text, aliases);
    if (steps.includes(text)) break;
    steps.push(text);
  }
  // What is opened is what the first alias stands for.
  const opened = steps[1] ?? written;
  return [...new Set([...steps, ...canonicalSpellings(opened)])];
}

/** Without those that are written: what every spelling of the same place has in common. */
export function canonicalSpellings(opened: string): readonly string[] {
  const canonical = canonicalReference(opened);
  if (opened.startsWith("file:")) {
    const directory = opened.slice("file:".length);
    return [canonical, `file:${directoryOf(directory, "index.blob")}`];
  }
  const { place } = parseLocation(opened);
  if (place.kind === "layout") {
    const suffix = canonical.slice(`oci:${realPath(place.path)}`.length);
    return [canonical, `oci:${directoryOf(place.path, "index.json")}${suffix}`];
  }
  const both = [canonical, canonicalReference(opened, { plainHttp: true })];
  return [...both, ...both.flatMap(withDefaultPorts)];
}

/** Where the file really is that decides what is read: it may be a link, in a directory that is none. */
function directoryOf(directory: string, file: string): string {
  return path.dirname(realPath(path.join(directory, file)));
}

function withDefaultPorts(reference: string): readonly string[] {
  const slash = reference.indexOf("/");
  const [host, rest] = [reference.slice(0, slash), reference.slice(slash)];
  return /:\d+$/u.test(host) ? [] : [`${host}:443${rest}`, `${host}:80${rest}`];
}
