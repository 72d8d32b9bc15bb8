import { entrySlots } from "./index-schema.js";

/**
 * Fields of an entry that few ask for, out of its table: opening checks that they lie in it, and does not copy them. What
 * a table does not have is zero.
 */

export function modeOf(view: DataView, table: number): number {
  const at = fieldAt(view, table, entrySlots.mode);
  // The format has permission bits only: others would be set-uid and the like.
  return at === 0 ? 0 : view.getUint32(at, true) & 0o777;
}

export function uidOf(view: DataView, table: number): number {
  const at = fieldAt(view, table, entrySlots.uid);
  return at === 0 ? 0 : view.getUint32(at, true);
}

export function gidOf(view: DataView, table: number): number {
  const at = fieldAt(view, table, entrySlots.gid);
  return at === 0 ? 0 : view.getUint32(at, true);
}

export function mtimeNsOf(view: DataView, table: number): bigint {
  const at = fieldAt(view, table, entrySlots.mtimeNs);
  return at === 0 ? 0n : view.getBigInt64(at, true);
}

/** As the format numbers them. */
export function compressionOf(view: DataView, table: number): number {
  const at = fieldAt(view, table, entrySlots.compression);
  return at === 0 ? 0 : view.getInt8(at);
}

function fieldAt(view: DataView, table: number, slot: number): number {
  const vtable = table - view.getInt32(table, true);
  const place = 4 + 2 * slot;
  if (place >= view.getUint16(vtable, true)) return 0;
  const field = view.getUint16(vtable + place, true);
  return field === 0 ? 0 : table + field;
}
