import type { Descriptor } from "../../descriptor.js";
import type { LeftOut } from "../../left-out.js";
import { parseDescriptor } from "../../manifest/manifest-content.js";
import { messageText } from "@blob/core/text";

/** Enough of a digest, or of what stands in its place, to find the entry. */
const shownLength = 120;

/** The entries of a list that are descriptors; those that are none are told about. */
export function descriptorsIn(
  list: readonly unknown[],
  onLeftOut: ((what: LeftOut) => void) | undefined,
): readonly Descriptor[] {
  return list.flatMap((entry) => {
    const descriptor = parseDescriptor(entry);
    if (descriptor !== undefined) return descriptor;
    onLeftOut?.({ kind: "descriptor", name: nameIn(entry), why: "it is not a valid descriptor" });
    return [];
  });
}

function nameIn(entry: unknown): string {
  const digest: unknown = typeof entry === "object" && entry !== null ? Reflect.get(entry, "digest") : entry;
  return messageText(typeof digest === "string" ? digest : (JSON.stringify(entry) ?? ""), shownLength);
}
