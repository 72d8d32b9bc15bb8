import { describe, expect, test } from "vitest";
import { FormatError } from "../../errors.js";
import type { ZstdEncoder } from "../../zstd/codec.js";
import type { ProofDecoder } from "./frame-proof.js";
import { createProvingEncoder, withFile } from "./frame-proof.js";

const bytes = (...values: readonly number[]): Uint8Array => Uint8Array.from(values);
const content = new Uint8Array(Buffer.from("abcd"));

/** A frame of one raw block; with the size of its content when that is said. */
function frame(text: string, declared?: number): Buffer {
  return Buffer.concat([
    Buffer.from([0x28, 0xb5, 0x2f, 0xfd, ...(declared === undefined ? [0, 0] : [0x20, declared])]),
    Buffer.from([(text.length << 3) | 1, 0, 0]),
    Buffer.from(text),
  ]);
}

/** A decoder that gives what follows the headers, and notes how much it may give. */
function decoder(): { readonly decode: ProofDecoder; readonly rooms: number[] } {
  const rooms: number[] = [];
  return {
    rooms,
    decode(whole, { headerSize }, maxBytes) {
      rooms.push(maxBytes);
      return whole.slice(headerSize + 3);
    },
  };
}

const making = (stored: Uint8Array): ZstdEncoder => ({ name: "maker", compress: () => stored });
const compress = (stored: Uint8Array, decode: ProofDecoder = decoder().decode): Uint8Array =>
  createProvingEncoder(making(stored), decode).compress(content, 3);
const refused = (message: string): unknown =>
  expect.objectContaining({
    code: "Compression",
    message: `the frames that maker made ${message}; repair that codec, use another one, or archive without compression`,
  });

describe("frames", () => {
  test("that decompress to the content are given out as they are", () => {
    for (const stored of [frame("abcd"), frame("abcd", 4), Buffer.concat([frame("ab", 2), frame("cd")])]) {
      expect(compress(stored)).toBe(stored);
    }
  });

  test("each have the room that they can need, and the ones before them left", () => {
    const { decode, rooms } = decoder();
    compress(Buffer.concat([frame("a"), frame("bc"), frame("d")]), decode);
    expect(rooms).toEqual([1, 2, 1]);
    expect(() => compress(Buffer.concat([frame("abc"), frame("xyz")]), decode)).toThrow();
    expect(rooms.slice(3)).toEqual([3, 1]);
  });

  test.each([
    ["nothing", bytes(), "do not decompress at all"],
    ["no frame", bytes(1, 2, 3, 4, 5, 6), "do not decompress at all"],
    ["half a frame", frame("abcd").subarray(0, 8), "do not decompress at all"],
    ["something else", frame("abcx"), "decompress to something else"],
    ["more", frame("abcde"), "decompress to something else"],
    ["less", frame("abc"), "decompress to 3 bytes instead of 4"],
    ["less, of two frames", Buffer.concat([frame("ab"), frame("")]), "decompress to 2 bytes instead of 4"],
    ["content twice", Buffer.concat([frame("abcd"), frame("abcd")]), "decompress to something else"],
    ["the content out of order", Buffer.concat([frame("cd"), frame("ab")]), "decompress to something else"],
    ["only what is skipped", Buffer.from("502a4d1800000000", "hex"), "decompress to 0 bytes instead of 4"],
  ])("that hold %s are not", (_what, stored, message) => {
    expect(() => compress(stored)).toThrow(refused(message));
  });

  test("that say another size than they have are not, since no reader takes them", () => {
    const decode: ProofDecoder = () => content;
    expect(() => compress(frame("abc", 3), decode)).toThrow(
      refused("decompress to another size than they say"),
    );
  });

  test("that say more than there is are refused before they are decompressed", () => {
    const { decode, rooms } = decoder();
    expect(() => compress(frame("abcde", 5), decode)).toThrow(refused("do not decompress at all"));
    expect(rooms).toEqual([]);
  });

  test("that a decoder cannot read are not, with its reason as the cause", () => {
    const cause = new RangeError("what is this");
    const decode = (): never => {
      throw cause;
    };
    expect(() => compress(frame("abcd"), decode)).toThrow(
      expect.objectContaining({ code: "Compression", cause, message: expect.stringContaining("at all") }),
    );
  });
});

describe("an encoder that writes where it is told", () => {
  const writing = (size: number | undefined, stored: Uint8Array = frame("abcd")): ZstdEncoder => ({
    ...making(stored),
    compressInto(target) {
      target.set(stored.subarray(0, target.length));
      return size;
    },
  });
  const into = (encoder: ZstdEncoder, room: number): number | undefined =>
    createProvingEncoder(encoder, decoder().decode).compressInto?.(new Uint8Array(room), content, 3);
  const { length } = frame("abcd");

  test("may fill its room, and may have too little", () => {
    expect(into(writing(length), length)).toBe(length);
    expect(into(writing(length), length + 10)).toBe(length);
    expect(into(writing(undefined), length)).toBeUndefined();
  });

  test.each([-1, 0.5, Number.NaN, length + 1, Number.POSITIVE_INFINITY])(
    "has not written %d bytes",
    (size) => {
      expect(() => into(writing(size), length)).toThrow(
        expect.objectContaining({
          code: "Compression",
          message: expect.stringContaining(
            `maker failed (it wrote ${size} bytes where there is room for ${length})`,
          ),
        }),
      );
    },
  );

  test("is held to what it wrote", () => {
    expect(() => into(writing(0), length)).toThrow(refused("do not decompress at all"));
    expect(() => into(writing(length - 1), length)).toThrow(refused("do not decompress at all"));
    expect(() => into(writing(length, frame("abcx")), length)).toThrow(
      refused("decompress to something else"),
    );
  });

  test("is one that can do so, and no other", () => {
    const { decode } = decoder();
    expect("compressInto" in createProvingEncoder(making(bytes()), decode)).toBe(false);
    expect("compressInto" in createProvingEncoder(writing(1), decode)).toBe(true);
  });
});

describe("errors", () => {
  const failing = (error: unknown): ZstdEncoder => ({
    name: "maker",
    compress: () => {
      throw error;
    },
  });
  const thrownBy = (error: unknown): unknown => {
    try {
      return createProvingEncoder(failing(error), decoder().decode).compress(content, 3);
    } catch (thrown) {
      return thrown;
    }
  };

  test("of the encoder are told with what it said", () => {
    for (const [cause, why] of [
      [new RangeError("out of luck"), "out of luck"],
      ["text", "text"],
    ] as const) {
      expect(thrownBy(cause)).toMatchObject({
        code: "Compression",
        cause,
        message: expect.stringMatching(`^maker failed \\(${why}\\); `),
      });
    }
  });

  test("of ours stay what they are", () => {
    const own = new FormatError("Unsupported", "another time");
    expect(thrownBy(own)).toBe(own);
  });

  test("about compression get the file that they are about, once", () => {
    const cause = new Error("deep inside");
    const plain = new FormatError("Compression", "it failed", { cause });
    const named = withFile(plain, "a/b");
    expect(named).toMatchObject({
      code: "Compression",
      path: "a/b",
      cause,
      message: '"a/b" cannot be archived: it failed',
    });
    expect(withFile(named, "c")).toBe(named);
    for (const other of [
      new FormatError("Unsupported", "another time"),
      Object.assign(new Error("not ours"), { code: "Compression" }),
      "text",
      undefined,
    ]) {
      expect(withFile(other, "a/b")).toBe(other);
    }
  });
});

test("an encoder that proves is not made to prove twice", () => {
  const { decode } = decoder();
  const once = createProvingEncoder(making(frame("abcd")), decode);
  expect(once.name).toBe("maker");
  expect(createProvingEncoder(once, decode)).toBe(once);
});
