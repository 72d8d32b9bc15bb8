/** Where something lies, counted from the end of the buffer, which is written first. */
export type Place = number;

/**
 * Writes a FlatBuffer from back to front, with the same bytes as the official builders: fields in the order of the
 * calls, and each table layout once. It writes whole words into one buffer, and so is several times as fast from the
 * start, which matters to a command that writes one index and ends.
 */
export interface FlatBufferWriter {
  string(text: string): Place;
  bytes(content: Uint8Array): Place;
  /** A vector of references; the last place is the first element. */
  references(lastFirst: readonly Place[]): Place;
  /** Begins a table. Its fields follow; what they refer to has been written before. */
  startTable(): void;
  // A field that is zero is left out.
  reference(slot: number, place: Place): void;
  int8(slot: number, value: number): void;
  uint32(slot: number, value: number): void;
  /** A whole number up to 2^53. */
  uint64(slot: number, value: number): void;
  int64(slot: number, value: bigint): void;
  endTable(): Place;
  /** The buffer, as long as it has to be. */
  finish(root: Place): Uint8Array<ArrayBuffer>;
}

/** A table's size, and where in it each field is: 0 for one that it does not have. */
interface WrittenLayout {
  readonly place: Place;
  readonly size: number;
  readonly fields: readonly number[];
}

/** More than any table of the format has. */
const maxSlots = 16;

const encoder = new TextEncoder();

/** `expectedBytes` saves growing. */
export function createFlatBufferWriter(expectedBytes: number): FlatBufferWriter {
  // Zeros: padding needs not be written.
  let buffer = new Uint8Array(Math.max(64, expectedBytes));
  let view = new DataView(buffer.buffer);
  /** Everything from here on is written. */
  let start = buffer.length;
  let largestAlignment = 1;
  let scratch = new Uint8Array(1024);
  const layouts: WrittenLayout[] = [];
  let tableBegin: Place = 0;
  /** Where the fields of the table are, 0 for those that it does not have; and how many slots it needs. */
  const slots = new Uint32Array(maxSlots);
  let slotCount = 0;

  const here = (): Place => buffer.length - start;

  /** Makes room for `size` bytes, and returns where they begin: so that what has the alignment lies at a multiple of it. */
  function reserve(size: number, alignment: number): number {
    if (alignment > largestAlignment) largestAlignment = alignment;
    const padding = -(here() + size) & (alignment - 1);
    if (start < size + padding) grow(size + padding);
    start -= size + padding;
    return start;
  }

  function grow(needed: number): void {
    const larger = new Uint8Array(2 * buffer.length + needed);
    larger.set(buffer.subarray(start), larger.length - here());
    start += larger.length - buffer.length;
    buffer = larger;
    view = new DataView(buffer.buffer);
  }

  /** Takes the view only when there is room: making room replaces it. */
  function putUint32(at: number, value: number): void {
    view.setUint32(at, value, true);
  }

  /** Bytes after their number; `terminator` more bytes are zero, and not counted. */
  function counted(content: Uint8Array, terminator: number): Place {
    // First all that follows the number, so that this is aligned.
    const at = reserve(content.length + terminator, 4);
    buffer.set(content, at);
    putUint32(reserve(4, 4), content.length);
    return here();
  }

  function field(slot: number, size: number): number {
    const at = reserve(size, size);
    slots[slot] = here();
    if (slot >= slotCount) slotCount = slot + 1;
    return at;
  }

  /** The same layout is written once: then tables refer to the one that is there. */
  function layoutOf(table: Place): Place {
    for (const { place, size, fields } of layouts) {
      if (size === table - tableBegin && hasFields(fields, table)) return place;
    }
    const fields = Array.from(slots.subarray(0, slotCount), (place) => (place === 0 ? 0 : table - place));
    const size = table - tableBegin;
    const at = reserve(2 * fields.length + 4, 2);
    view.setUint16(at, 2 * fields.length + 4, true);
    view.setUint16(at + 2, size, true);
    for (const [slot, value] of fields.entries()) view.setUint16(at + 4 + 2 * slot, value, true);
    layouts.push({ place: here(), size, fields });
    return here();
  }

  function hasFields(fields: readonly number[], table: Place): boolean {
    if (fields.length !== slotCount) return false;
    for (let slot = 0; slot < slotCount; slot++) {
      const place = slots[slot] ?? 0;
      if (fields[slot] !== (place === 0 ? 0 : table - place)) return false;
    }
    return true;
  }

  return {
    string(text) {
      // A UTF-16 code unit takes at most three bytes.
      if (scratch.length < 3 * text.length) scratch = new Uint8Array(3 * text.length);
      return counted(scratch.subarray(0, encoder.encodeInto(text, scratch).written), 1);
    },
    bytes: (content) => counted(content, 0),
    references(lastFirst) {
      for (const place of lastFirst) {
        const at = reserve(4, 4);
        view.setUint32(at, here() - place, true);
      }
      putUint32(reserve(4, 4), lastFirst.length);
      return here();
    },
    startTable() {
      tableBegin = here();
      slots.fill(0);
      slotCount = 0;
    },
    reference(slot, place) {
      const at = field(slot, 4);
      view.setUint32(at, here() - place, true);
    },
    int8(slot, value) {
      if (value === 0) return;
      const at = field(slot, 1);
      view.setInt8(at, value);
    },
    uint32(slot, value) {
      if (value !== 0) putUint32(field(slot, 4), value);
    },
    uint64(slot, value) {
      if (value === 0) return;
      const at = field(slot, 8);
      view.setUint32(at, value >>> 0, true);
      view.setUint32(at + 4, Math.floor(value / 2 ** 32), true);
    },
    int64(slot, value) {
      if (value === 0n) return;
      const at = field(slot, 8);
      view.setBigInt64(at, value, true);
    },
    endTable() {
      reserve(4, 4);
      const table = here();
      const layout = layoutOf(table);
      view.setInt32(buffer.length - table, layout - table, true);
      return table;
    },
    finish(root) {
      // The beginning of the buffer has the largest alignment of all that is in it.
      const alignment = largestAlignment;
      const at = reserve(4, alignment);
      view.setUint32(at, here() - root, true);
      return buffer.slice(start);
    },
  };
}
