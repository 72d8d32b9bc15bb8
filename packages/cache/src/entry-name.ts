import { createHash } from "node:crypto";

/** File systems take names of up to 255 bytes. */
const maxNameLength = 200;

/**
 * The file name of a key, or undefined for one that is too long. Lower-case letters, digits, `-` and `_` stand for
 * themselves; everything else is escaped, since some file systems take `A` and `a` for one, and give `.` and `:` a meaning.
 */
export function entryName(key: string): string | undefined {
  const name = Buffer.from(key)
    .toString("latin1")
    .replace(/[^a-z0-9_-]/g, (char) => `%${char.charCodeAt(0).toString(16).padStart(2, "0")}`);
  return name.length > 0 && name.length <= maxNameLength ? name : undefined;
}

/** The key of a file name, or undefined for a name that no key has. */
export function entryKey(name: string): string | undefined {
  if (name.length > maxNameLength || !/^(?:[a-z0-9_-]|%[0-9a-f]{2})+$/.test(name)) return undefined;
  const bytes = name.replace(/%([0-9a-f]{2})/g, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)));
  const key = Buffer.from(bytes, "latin1").toString("utf8");
  return entryName(key) === name ? key : undefined;
}

/** The directory of an entry: hashed, since the names of a cache may all begin alike. */
export function shardOf(name: string): string {
  return createHash("sha256").update(name).digest("hex").slice(0, 2);
}

export const shardPattern: RegExp = /^[0-9a-f]{2}$/;
