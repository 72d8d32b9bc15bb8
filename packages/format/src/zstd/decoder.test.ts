import { describe, expect, test } from "vitest";
import { FormatError } from "../errors.js";
import type { ZstdDecoder, ZstdFrameDecoder } from "./codec.js";
import { createZstdDecoder } from "./decoder.js";

/** A frame of raw blocks without their content's size, with a checksum when asked for; a window of 1 KiB. */
function frame(
  blocks: readonly string[],
  { checksum = false }: { readonly checksum?: boolean } = {},
): Buffer {
  const last = blocks.length - 1;
  return Buffer.concat([
    Buffer.from([0x28, 0xb5, 0x2f, 0xfd, checksum ? 0x04 : 0, 0]),
    ...blocks.map((block, i) =>
      Buffer.concat([Buffer.from([(block.length << 3) | (i === last ? 1 : 0), 0, 0]), Buffer.from(block)]),
    ),
    Buffer.from(checksum ? "hash" : ""),
  ]);
}

/** A frame of one raw block that declares how large its content is. */
function declaring(size: number, content: string): Buffer {
  return Buffer.concat([
    Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x20, size, (content.length << 3) | 1, 0, 0]),
    Buffer.from(content),
  ]);
}

interface Library {
  readonly decoder: ZstdDecoder;
  /** What it was asked to do. */
  readonly asked: unknown[];
}

/** A library that gives these contents, one a frame, in as many chunks as there are; whatever the frames hold. */
function giving(...contents: readonly (readonly string[])[]): Library {
  const asked: unknown[] = [];
  const left = [...contents];
  const frames: ZstdFrameDecoder = {
    name: "any",
    decodeFrame(bytes, header, maxBytes) {
      asked.push([bytes.length, header.headerSize, maxBytes]);
      return new Uint8Array(Buffer.from((left.shift() ?? []).join("")));
    },
    startFrame(header, maxBytes) {
      const chunks = left.shift() ?? [];
      asked.push(["start", header.headerSize, maxBytes]);
      return {
        push(piece) {
          const text = Buffer.from(piece).toString("latin1");
          asked.push(text);
          const isBlock = !text.startsWith("(\u00b5/\u00fd") && text !== "hash";
          return isBlock ? chunks.map((chunk) => new Uint8Array(Buffer.from(chunk))) : [];
        },
      };
    },
  };
  return { decoder: createZstdDecoder(frames), asked };
}

const file = (size: number): { readonly path: string; readonly size: number } => ({ path: "a/b", size });

function streamed(decoder: ZstdDecoder, size: number, ...chunks: readonly Uint8Array[]): readonly string[] {
  const stream = decoder.stream(file(size));
  const contents = chunks.flatMap((chunk) =>
    Array.from(stream.push(chunk), (content) => Buffer.from(content).toString()),
  );
  stream.end();
  return contents;
}

const damaged = (message: string): unknown =>
  expect.objectContaining({
    code: "Decompression",
    path: "a/b",
    message: `"a/b" cannot be decompressed: ${message}`,
  });

test("a decoder has the name of its library", () => {
  expect(giving().decoder.name).toBe("any");
});

describe("in one piece", () => {
  test("each frame gets the room that it can need, and the ones before it left", () => {
    const { decoder, asked } = giving(["abc"], [""], ["de"]);
    const stored = Buffer.concat([frame(["xy", "z"]), frame([""]), frame(["xyz"], { checksum: true })]);
    expect(Buffer.from(decoder.decompress(stored, file(5))).toString()).toBe("abcde");
    expect(asked).toEqual([
      [15, 6, 3],
      [9, 6, 0],
      [16, 6, 2],
    ]);
  });

  test("a frame that declares more than its blocks can hold gets no room for that", () => {
    const { decoder, asked } = giving(["ab"]);
    const stored = Buffer.concat([
      Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x20, 200, (2 << 3) | 1, 0, 0]),
      Buffer.from("ab"),
    ]);
    expect(() => decoder.decompress(stored, file(200))).toThrow(
      damaged("a frame has 2 bytes and declares 200"),
    );
    expect(asked).toEqual([[11, 6, 2]]);
  });

  test("what one frame holds is not copied", () => {
    const content = Uint8Array.of(1, 2);
    const decoder = createZstdDecoder({
      name: "any",
      decodeFrame: (bytes) => (bytes.length === 9 ? new Uint8Array(0) : content),
      startFrame: () => ({ push: () => [] }),
    });
    expect(decoder.decompress(frame(["xy"]), file(2))).toBe(content);
    expect(decoder.decompress(Buffer.concat([frame([""]), frame(["xy"])]), file(2))).toBe(content);
    const twice = decoder.decompress(Buffer.concat([frame(["xy"]), frame(["xy"])]), file(4));
    expect(Array.from(twice)).toEqual([1, 2, 1, 2]);
  });

  test("a library that gives more or less is not believed", () => {
    expect(() => giving(["abc"]).decoder.decompress(frame(["x"]), file(2))).toThrow(
      damaged("there is more than the 2 bytes that the index promises"),
    );
    expect(() => giving(["ab"]).decoder.decompress(frame(["x"]), file(3))).toThrow(
      damaged("there are 2 bytes, and the index promises 3"),
    );
    expect(() => giving(["ab"]).decoder.decompress(declaring(3, "abc"), file(3))).toThrow(
      damaged("a frame has 2 bytes and declares 3"),
    );
  });
});

describe("piece by piece", () => {
  test("the library sees header, blocks and checksum of each frame, and no byte more", () => {
    const { decoder, asked } = giving(["ab"], ["c"]);
    const first = frame(["xy", "z"]);
    const second = frame(["w"], { checksum: true });
    expect(streamed(decoder, 5, Buffer.concat([first, second]))).toEqual(["ab", "ab", "c"]);
    const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString("latin1");
    expect(asked).toEqual([
      ["start", 6, 5],
      text(first.subarray(0, 6)),
      text(first.subarray(6, 11)),
      text(first.subarray(11)),
      ["start", 6, 1],
      text(second.subarray(0, 6)),
      text(second.subarray(6, 10)),
      "hash",
    ]);
  });

  test("chunks without content are left out", () => {
    expect(streamed(giving(["", "ab", ""]).decoder, 2, frame(["x"]))).toEqual(["ab"]);
  });

  test("a library that gives more or less is not believed", () => {
    const { decoder } = giving(["ab", "c"]);
    const stream = decoder.stream(file(2));
    const got: string[] = [];
    const read = (): void => {
      for (const content of stream.push(frame(["x"]))) got.push(Buffer.from(content).toString());
    };
    expect(read).toThrow(damaged("there is more than the 2 bytes that the index promises"));
    expect(got).toEqual(["ab"]);
    expect(() => streamed(giving(["ab"]).decoder, 3, frame(["x"]))).toThrow(
      damaged("there are 2 bytes, and the index promises 3"),
    );
    expect(() => streamed(giving(["ab"]).decoder, 3, declaring(3, "abc"))).toThrow(
      damaged("a frame has 2 bytes and declares 3"),
    );
    const summed = declaring(3, "abc");
    summed[4] = 0x24;
    const both = Buffer.concat([summed, Buffer.from("hash"), frame(["c"])]);
    expect(() => streamed(giving(["ab"], ["c"]).decoder, 3, both)).toThrow(
      damaged("a frame has 2 bytes and declares 3"),
    );
    const twice = Buffer.concat([declaring(2, "ab"), declaring(2, "cd")]);
    expect(streamed(giving(["ab"], ["cd"]).decoder, 4, twice)).toEqual(["ab", "cd"]);
  });
});

describe("errors of the library", () => {
  const failing = (error: unknown): ZstdDecoder => {
    const fail = (): never => {
      throw error;
    };
    return createZstdDecoder({ name: "any", decodeFrame: fail, startFrame: fail });
  };
  const thrownBy = (attempt: () => unknown): unknown => {
    try {
      return attempt();
    } catch (error) {
      return error;
    }
  };

  test.each([new RangeError("out of luck"), "text"])("%j is a damaged file", (cause) => {
    for (const attempt of [
      () => failing(cause).decompress(frame(["x"]), file(1)),
      () => streamed(failing(cause), 1, frame(["x"])),
    ]) {
      const error = thrownBy(attempt);
      expect(error).toEqual(damaged("the compressed bytes are damaged"));
      expect(error).toMatchObject({ cause });
    }
  });

  test("one of ours stays what it is", () => {
    const own = new FormatError("Unsupported", "another time");
    expect(thrownBy(() => failing(own).decompress(frame(["x"]), file(1)))).toBe(own);
    expect(thrownBy(() => streamed(failing(own), 1, frame(["x"])))).toBe(own);
  });
});

test("a window above the limit is refused before the library is asked", () => {
  const options = { maxDecoderBytes: 1023 };
  const { decoder, asked } = giving(["a"]);
  const message = damaged(
    "a frame asks for a window of 1024 bytes; the limit is 1023: raise limits.maxDecoderBytes to read it",
  );
  expect(() => decoder.decompress(frame(["x"]), file(1), options)).toThrow(message);
  expect(() => Array.from(decoder.stream(file(1), options).push(frame(["x"])))).toThrow(message);
  expect(asked).toEqual([]);
  expect(decoder.decompress(frame(["x"]), file(1), { maxDecoderBytes: 1024 })).toHaveLength(1);
});

test("what ends in the middle of a frame is refused, wherever it does", () => {
  const skipped = Buffer.from("502a4d1803000000aabbcc", "hex");
  const whole = Buffer.concat([frame(["xy"], { checksum: true }), skipped]);
  const ends = [whole.length - skipped.length, whole.length];
  for (let length = 1; length <= whole.length; length++) {
    const stored = whole.subarray(0, length);
    const read = (): unknown => giving(["ab"]).decoder.decompress(stored, file(2));
    const stream = (): unknown => streamed(giving(["ab"]).decoder, 2, stored);
    for (const attempt of [read, stream]) {
      if (ends.includes(length)) expect(attempt).not.toThrow();
      else expect(attempt).toThrow(damaged("it ends in the middle of a frame"));
    }
  }
});
