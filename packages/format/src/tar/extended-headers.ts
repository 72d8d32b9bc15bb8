import type { BlockReader } from "./block-reader.js";
import { truncated } from "./block-reader.js";
import { untilNul } from "./decode-header.js";
import type { MemberHeader } from "./decode-header.js";
import { paddingAfter } from "./header-block.js";
import { decodePaxRecords } from "./pax-records.js";
import { invalidTar } from "./tar-error.js";

/** What extended headers say about the member that follows. */
export interface Extensions {
  readonly name: Uint8Array | undefined;
  readonly size: bigint | undefined;
  readonly mtimeNs: bigint | undefined;
  /** Only the parts of the file between its holes follow. */
  readonly isSparse: boolean;
}

export interface ExtendedHeaders {
  /** Reads what belongs to a header of this kind. False when it is the header of a member. */
  read(header: MemberHeader, reader: BlockReader): Promise<boolean>;
  /** What was read since the last call, and what holds for all members. */
  take(): Extensions;
  /** Whether something was read for a member that did not come. */
  readonly isPending: boolean;
}

/** Of one extended header: paths and attributes are far from it. */
const maxExtendedBytes = 1024 * 1024;

/** pax headers for one member (`x`) and for all (`g`), and GNU's long names (`L`, and `K` for what a link leads to). */
export function createExtendedHeaders(): ExtendedHeaders {
  const global = new Map<string, Uint8Array>();
  let local = new Map<string, Uint8Array>();
  let longName: Uint8Array | undefined;
  let isPending = false;
  return {
    get isPending() {
      return isPending;
    },
    async read(header, reader) {
      if (!"xgLK".includes(header.type)) return false;
      const body = await bodyOf(header, reader);
      if (header.type === "g") {
        for (const [key, value] of decodePaxRecords(body)) global.set(key, value);
        if (global.size > maxGlobalRecords) throw invalidTar("has too many records for all of its members");
        return true;
      }
      isPending = true;
      if (header.type === "L") longName = untilNul(body);
      if (header.type === "x") local = new Map([...local, ...decodePaxRecords(body)]);
      return true;
    },
    take() {
      const found = (key: string): Uint8Array | undefined => {
        const value = local.get(key) ?? global.get(key);
        // An empty value takes back what was said before.
        return value === undefined || value.length === 0 ? undefined : value;
      };
      const size = found("size");
      const mtime = found("mtime");
      const extensions = {
        name: found("path") ?? longName,
        size: size && wholeNumber(size),
        mtimeNs: mtime && nanoseconds(mtime),
        isSparse: [...local.keys(), ...global.keys()].some((key) => key.startsWith("GNU.sparse.")),
      };
      local = new Map();
      longName = undefined;
      isPending = false;
      return extensions;
    },
  };
}

const maxGlobalRecords = 1000;

async function bodyOf({ size }: MemberHeader, reader: BlockReader): Promise<Uint8Array> {
  if (size < 0n || size > BigInt(maxExtendedBytes)) {
    throw invalidTar(`has an extended header of ${size} bytes: ${maxExtendedBytes} are read at most`);
  }
  const length = Number(size);
  const body = await reader.take(length + paddingAfter(length));
  if (body === undefined && length > 0) throw truncated();
  return body?.subarray(0, length) ?? new Uint8Array(0);
}

function wholeNumber(value: Uint8Array): bigint {
  const text = new TextDecoder().decode(value);
  if (!/^\d{1,20}$/u.test(text)) throw invalidTar("has an extended header with a size that is none");
  return BigInt(text);
}

/** A decimal number of seconds; beyond nanoseconds it is cut off. */
function nanoseconds(value: Uint8Array): bigint {
  const text = new TextDecoder().decode(value);
  const parts = /^(?<sign>-?)(?<whole>\d{1,20})(?:\.(?<rest>\d{0,40}))?$/u.exec(text)?.groups;
  if (parts === undefined) throw invalidTar("has an extended header with a time that is none");
  const whole = BigInt(parts["whole"] ?? "0") * 1_000_000_000n;
  const magnitude = whole + BigInt((parts["rest"] ?? "").slice(0, 9).padEnd(9, "0"));
  return parts["sign"] === "-" ? -magnitude : magnitude;
}
