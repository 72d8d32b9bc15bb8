import { UsageError } from "../errors/usage-error.js";

/** `name`, `name:tag` or `name@digest`, with a name that no registry or path has: neither slash nor further colon. */
const aliasUse =
  /^(?<name>[A-Za-z0-9][A-Za-z0-9._-]*)(?:(?::(?<tag>[A-Za-z0-9_][A-Za-z0-9._-]*))|(?:@(?<digest>[a-z0-9]+:[0-9a-f]+)))?$/u;

/** A digest or a tag at the end of a reference. */
const suffix = /(?:@[a-z0-9]+:[0-9a-f]+|:[A-Za-z0-9_][A-Za-z0-9._-]{0,127}(?:@[a-z0-9]+:[0-9a-f]+)?)$/u;

/**
 * The reference that an alias stands for; `name:tag` and `name@digest` replace its tag or digest. Whatever is no alias
 * is returned as it is. An alias is expanded once: what it stands for is a reference.
 */
export function expandAlias(text: string, aliases: Readonly<Record<string, string>> = {}): string {
  const { name = "", tag, digest } = aliasUse.exec(text)?.groups ?? {};
  const target = Object.hasOwn(aliases, name) ? aliases[name] : undefined;
  if (target === undefined || (tag === undefined && digest === undefined)) return target ?? text;
  if (target.startsWith("file:")) {
    throw new UsageError(
      `${text}: the alias ${name} stands for a local archive, which has neither tags nor digests`,
    );
  }
  const base = withoutSuffix(target);
  return tag === undefined ? `${base}@${String(digest)}` : `${base}:${tag}`;
}

/** Whether a word can be a tag by itself: neither a repository nor a path. */
export function isTag(text: string): boolean {
  return /^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/u.test(text);
}

/** The same repository with another tag. */
export function withTag(reference: string, tag: string): string {
  return `${withoutSuffix(reference)}:${tag}`;
}

/** Without tag and digest; a port (`localhost:5000/x`) and a Windows drive (`oci:C:\x`) are neither. */
function withoutSuffix(reference: string): string {
  const base = reference.replace(suffix, "");
  return base === "oci" ? reference : base;
}
