import { execFileSync, spawnSync } from "node:child_process";
import {
  appendFileSync,
  chmodSync,
  linkSync,
  mkdirSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { archiveOfFiles } from "../testing/archive-of-files.js";
import { collectBytes } from "../testing/collect.js";
import { scratchDirectory } from "../testing/scratch-directory.js";
import { encodeHeader } from "./encode-header.js";
import { fromTar } from "./from-tar.js";
import type { FromTarOptions } from "./from-tar.js";
import { checksumOf } from "./header-block.js";
import { encodePaxRecords } from "./pax-records.js";
import type { SkippedTarMember } from "./tar-file.js";
import { toTar } from "./to-tar.js";

interface Read {
  readonly files: Record<string, string>;
  readonly modes: Record<string, number>;
  readonly times: Record<string, bigint>;
  readonly skipped: readonly SkippedTarMember[];
}

async function* inPieces(bytes: Uint8Array, size = 1000): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) {
    await Promise.resolve();
    yield bytes.subarray(at, at + size);
  }
}

async function read(bytes: Uint8Array, options: FromTarOptions = {}): Promise<Read> {
  const [files, modes, times]: [Read["files"], Read["modes"], Read["times"]] = [{}, {}, {}];
  const skipped: SkippedTarMember[] = [];
  const all = fromTar(inPieces(bytes), { onSkipped: (member) => void skipped.push(member), ...options });
  for await (const { path, size, mode, mtime, content } of all) {
    const whole = await collectBytes(content);
    expect(whole.length).toBe(size);
    files[path] = Buffer.from(whole).toString();
    modes[path] = mode;
    times[path] = mtime;
  }
  return { files, modes, times, skipped };
}

const end = new Uint8Array(1024);

interface Member {
  readonly name?: string | Uint8Array;
  readonly type?: string;
  readonly content?: string | Uint8Array;
  /** Replaces bytes of the header from an offset on; the checksum is put right afterwards. */
  readonly patch?: readonly (readonly [number, string | Uint8Array])[];
  /** Leaves the checksum wrong. */
  readonly damaged?: boolean;
}

/** Members by hand: what no program writes, and what old ones did. */
function tar(...members: readonly Member[]): Uint8Array {
  const parts = members.flatMap(({ name = "f", type = "0", content = "", patch = [], damaged = false }) => {
    const body = Buffer.from(content);
    const facts = { path: "x", kind: "file", size: body.length, mode: 0o644, mtimeNs: 0n } as const;
    const block = Buffer.from(encodeHeader(facts));
    block.fill(0, 0, 100);
    block.set(Buffer.from(name), 0);
    block.write(type, 156, "latin1");
    for (const [at, bytes] of patch) block.set(Buffer.from(bytes), at);
    block.write(`${checksumOf(block).unsigned.toString(8).padStart(6, "0")}\0 `, 148, "latin1");
    if (damaged) block[0] = 0x7a;
    return [block, body, Buffer.alloc((512 - (body.length % 512)) % 512)];
  });
  return Buffer.concat([...parts, end]);
}

function pax(records: Readonly<Record<string, string>>, type = "x"): Member {
  return { type, content: encodePaxRecords(new Map(Object.entries(records))) };
}

describe("what GNU tar writes", () => {
  const long = `${"d".repeat(60)}/${"e".repeat(80)}/${"f".repeat(120)}`;

  async function directory(): Promise<string> {
    const root = join(await scratchDirectory(), "tree");
    mkdirSync(join(root, "sub"), { recursive: true });
    writeFileSync(join(root, "a.txt"), "a");
    writeFileSync(join(root, "sub/b.sh"), "b");
    chmodSync(join(root, "sub/b.sh"), 0o755);
    utimesSync(join(root, "a.txt"), 1_700_000_000, 1_700_000_000);
    utimesSync(join(root, "sub/b.sh"), "-1000", "-1000");
    return root;
  }

  test.each(["gnu", "oldgnu", "pax", "ustar", "v7"])("as %s", async (format) => {
    const root = await directory();
    const withLong = format === "gnu" || format === "oldgnu" || format === "pax";
    const withOld = format === "gnu" || format === "oldgnu" || format === "pax";
    if (withLong) {
      mkdirSync(join(root, long, ".."), { recursive: true });
      writeFileSync(join(root, long), "long");
    }
    if (!withOld) utimesSync(join(root, "sub/b.sh"), 1, 1);
    writeFileSync(join(root, "ünïcödé"), "u");
    const flags = ["-c", `--format=${format}`, "--sort=name", "-C", root];
    const { files, modes, times, skipped } = await read(
      execFileSync("tar", [...flags, "."], { maxBuffer: 1e8 }),
    );
    expect(files).toEqual({
      "a.txt": "a",
      "sub/b.sh": "b",
      ünïcödé: "u",
      ...(withLong && { [long]: "long" }),
    });
    expect(modes["sub/b.sh"]).toBe(0o755);
    expect(times["a.txt"]).toBe(1_700_000_000_000_000_000n);
    expect(times["sub/b.sh"]).toBe(withOld ? -1_000_000_000_000n : 1_000_000_000n);
    expect(skipped).toEqual([]);
  });

  test("links and devices are left out and reported, never followed", async () => {
    const root = await directory();
    symlinkSync("/etc/passwd", join(root, "link"));
    symlinkSync("sub", join(root, "way"));
    linkSync(join(root, "a.txt"), join(root, "z.txt"));
    execFileSync("mkfifo", [join(root, "pipe")]);
    const bytes = execFileSync("tar", ["-c", "--sort=name", "-C", root, "."]);
    const { files, skipped } = await read(bytes);
    expect(Object.keys(files)).toEqual(["a.txt", "sub/b.sh"]);
    expect(skipped).toEqual([
      { path: "link", reason: "symbolic-link" },
      { path: "pipe", reason: "special-file" },
      { path: "way", reason: "symbolic-link" },
      { path: "z.txt", reason: "hard-link" },
    ]);
  });

  test.each([
    ["gnu", []],
    ["pax", ["--sparse-version=0.0"]],
    ["pax", ["--sparse-version=0.1"]],
    ["pax", ["--sparse-version=1.0"]],
  ])("files with holes are left out and reported, as %s %s", async (format, flags) => {
    const root = await directory();
    const holes = join(root, "b-holes");
    writeFileSync(holes, "");
    // More stretches than a header block has room for.
    for (let at = 1; at <= 40; at += 1) {
      truncateSync(holes, at * 64 * 1024);
      appendFileSync(holes, "data");
    }
    const all = ["-c", "-S", `--format=${format}`, ...flags, "--sort=name", "-C", root, "."];
    const { files, skipped } = await read(execFileSync("tar", all, { maxBuffer: 1e8 }));
    expect(Object.keys(files)).toEqual(["a.txt", "sub/b.sh"]);
    expect(skipped).toHaveLength(1);
    expect(skipped[0]?.reason).toBe("sparse-file");
  });

  test("a name that is not UTF-8 is left out and reported", async () => {
    const root = await directory();
    writeFileSync(Buffer.concat([Buffer.from(`${root}/`), Buffer.from([0x7a, 0xff])]), "z");
    for (const format of ["gnu", "pax"]) {
      const bytes = execFileSync("tar", ["-c", `--format=${format}`, "--sort=name", "-C", root, "."]);
      const { files, skipped } = await read(bytes);
      expect(Object.keys(files)).toEqual(["a.txt", "sub/b.sh"]);
      expect(skipped).toEqual([{ path: "z\ufffd", reason: "name-not-utf8" }]);
    }
  });

  test("labels, and what an increment says about directories, are no files", async () => {
    const root = await directory();
    const bytes = execFileSync("tar", ["-c", "-V", "label", "-G", "--sort=name", "-C", root, "."]);
    const { files, skipped } = await read(bytes);
    expect(Object.keys(files).toSorted()).toEqual(["a.txt", "sub/b.sh"]);
    expect(skipped).toEqual([{ path: "label", reason: "unknown-type" }]);
  });
});

const python = spawnSync("python3", ["-c", "import tarfile"]);
if (python.status !== 0) console.log("not tested: Python's tarfile, which this machine does not have");

describe.runIf(python.status === 0)("what Python's tarfile writes", () => {
  test.each(["USTAR", "GNU", "PAX"])("as %s", async (format) => {
    const program = `
import io, sys, tarfile
out = tarfile.open(fileobj=sys.stdout.buffer, mode="w|", format=tarfile.${format}_FORMAT)
def add(name, content, **facts):
    info = tarfile.TarInfo(name)
    info.size = len(content)
    for key, value in facts.items(): setattr(info, key, value)
    out.addfile(info, io.BytesIO(content))
add("a.txt", b"a" * 600, mode=0o640, mtime=1700000000)
add("sub/" + "n" * 95, b"b", uid=1)
if "${format}" != "USTAR":
    add("p" * 150 + "/" + "q" * 150, b"c", uid=2**31, gid=2**40, mtime=-7)
link = tarfile.TarInfo("link"); link.type = tarfile.SYMTYPE; link.linkname = "../" * 60 + "etc"[:3]
if "${format}" == "USTAR": link.linkname = "../etc"
out.addfile(link)
out.close()
`;
    const bytes = execFileSync("python3", ["-c", program], { maxBuffer: 1e8 });
    const { files, modes, times, skipped } = await read(bytes);
    const longName = `${"p".repeat(150)}/${"q".repeat(150)}`;
    expect(files).toEqual({
      "a.txt": "a".repeat(600),
      [`sub/${"n".repeat(95)}`]: "b",
      ...(format !== "USTAR" && { [longName]: "c" }),
    });
    expect(modes["a.txt"]).toBe(0o640);
    expect(times["a.txt"]).toBe(1_700_000_000_000_000_000n);
    if (format !== "USTAR") expect(times[longName]).toBe(-7_000_000_000n);
    expect(skipped).toEqual([{ path: "link", reason: "symbolic-link" }]);
  });
});

describe("names", () => {
  test.each(["/etc/passwd", "../up", "a/../../up", "a/..", "..", "//x"])("%s is refused", async (name) => {
    await expect(read(tar({ name }))).rejects.toMatchObject({ code: "InvalidPath" });
    await expect(read(tar(pax({ path: name }), { name: "fine" }))).rejects.toMatchObject({
      code: "InvalidPath",
    });
    await expect(read(tar({ type: "L", content: `${name}\0` }, { name: "fine" }))).rejects.toMatchObject({
      code: "InvalidPath",
    });
    // Also where nothing would be written.
    await expect(read(tar({ name, type: "2" }))).rejects.toMatchObject({ code: "InvalidPath" });
  });

  test("a NUL in a pax path is refused, a backslash is a character", async () => {
    await expect(read(tar(pax({ path: "a\0b" }), {}))).rejects.toMatchObject({ code: "InvalidPath" });
    expect((await read(tar({ name: String.raw`a\..\b`, content: "x" }))).files).toEqual({
      [String.raw`a\..\b`]: "x",
    });
  });

  test("other spellings of a path are the path", async () => {
    const { files } = await read(tar({ name: "./a//b/./c", content: "1" }, { name: "./", type: "5" }));
    expect(files).toEqual({ "a/b/c": "1" });
  });

  test("in the order of POSIX: pax before GNU before the header", async () => {
    const names = [pax({ path: "pax" }), { type: "L", content: "gnu\0" }, { name: "header", content: "1" }];
    expect((await read(tar(...names))).files).toEqual({ pax: "1" });
    expect((await read(tar(...names.slice(1)))).files).toEqual({ gnu: "1" });
    // What is said about one member is not said about the next.
    expect((await read(tar(...names, { name: "next" }))).files).toEqual({ pax: "1", next: "" });
  });

  test.each([
    ["twice", [{ name: "a" }, { name: "a" }]],
    ["twice, spelled differently", [{ name: "a" }, { name: "./a" }]],
    ["a file below a file", [{ name: "a" }, { name: "a/b" }]],
    ["a file far below a file", [{ name: "a/b" }, { name: "a/b/c/d" }]],
    ["a file where a directory is", [{ name: "a/b/c" }, { name: "a/b" }]],
    ["a file whose name is empty", [{ name: "" }]],
    ["a directory with content", [{ name: "a/", content: "x" }]],
  ])("%s is refused", async (_what, members) => {
    await expect(read(tar(...members))).rejects.toMatchObject({ code: "InvalidTar" });
  });
});

describe("numbers", () => {
  const base256 = (value: bigint, length: number): Uint8Array => {
    const bytes = Buffer.alloc(length);
    for (let at = length - 1, rest = value; at >= 0; at -= 1, rest >>= 8n) bytes[at] = Number(rest & 0xffn);
    bytes[0] = (bytes[0] ?? 0) | 0x80;
    return bytes;
  };

  test("base-256, with either sign", async () => {
    const { files, times } = await read(
      tar({
        content: "12",
        patch: [
          [124, base256(2n, 12)],
          [136, base256(-5n, 12)],
        ],
      }),
    );
    expect(files).toEqual({ f: "12" });
    expect(times).toEqual({ f: -5_000_000_000n });
  });

  test.each([
    ["negative", [[124, base256(-1n, 12)]]],
    ["larger than what can be counted", [[124, base256(2n ** 60n, 12)]]],
    ["no number", [[124, "00000000x00\0"]]],
    ["digits that are none", [[124, "00000000009\0"]]],
  ] as const)("a size that is %s is refused", async (_what, patch) => {
    await expect(read(tar({ patch }))).rejects.toMatchObject({ code: "InvalidTar" });
  });

  test.each(["-1", "1e3", "0x10", " 1", "", "99999999999999999999", "1\n"])(
    "a pax size of %j is refused, or says nothing",
    async (size) => {
      const reading = read(tar(pax({ size }), { content: "" }));
      if (size === "") expect((await reading).files).toEqual({ f: "" });
      else await expect(reading).rejects.toMatchObject({ code: "InvalidTar" });
    },
  );

  test("a pax size counts, also for all that follow", async () => {
    const zero = [[124, "00000000000\0"]] as const;
    expect((await read(tar(pax({ size: "3" }), { content: "abc", patch: zero }))).files).toEqual({
      f: "abc",
    });
    const global = tar(
      pax({ size: "3" }, "g"),
      { content: "abc", patch: zero },
      { name: "g", content: "def" },
    );
    expect((await read(global)).files).toEqual({ f: "abc", g: "def" });
  });

  test("times are exact to the nanosecond, and those that no archive has are refused", async () => {
    const timeOf = async (mtime: string): Promise<bigint | undefined> =>
      (await read(tar(pax({ mtime }), {}))).times["f"];
    expect(await timeOf("1.5")).toBe(1_500_000_000n);
    expect(await timeOf("-0.000000001")).toBe(-1n);
    expect(await timeOf("1700000000.1234567899")).toBe(1_700_000_000_123_456_789n);
    for (const mtime of ["1e9", "NaN", ".", "--1", "9223372037", "-9223372037", "1".repeat(30)]) {
      await expect(timeOf(mtime)).rejects.toMatchObject({ code: "InvalidTar" });
    }
  });

  test.each(["1", "2", "3", "5", "6"])("a member of type %s with content is refused", async (type) => {
    const hidden = tar({ name: "hidden" }).subarray(0, 512);
    await expect(read(tar({ type, content: hidden }))).rejects.toMatchObject({ code: "InvalidTar" });
  });
});

describe("what is damaged or not there", () => {
  const whole = tar({ name: "a", content: "x".repeat(600) }, pax({ path: "b" }), { content: "y" });

  test("every cut is noticed", async () => {
    for (let size = 0; size < whole.length; size += 64) {
      await expect(read(whole.subarray(0, size))).rejects.toMatchObject({ code: "InvalidTar" });
    }
    expect(Object.keys((await read(whole)).files)).toEqual(["a", "b"]);
  });

  test("a wrong checksum, text, and what is behind the end", async () => {
    await expect(read(tar({ damaged: true }))).rejects.toMatchObject({ code: "InvalidTar" });
    await expect(read(Buffer.from("no tar ".repeat(200)))).rejects.toMatchObject({ code: "InvalidTar" });
    await expect(read(Buffer.concat([whole, whole]))).rejects.toMatchObject({ code: "InvalidTar" });
    const lone = Buffer.concat([new Uint8Array(512), whole]);
    await expect(read(lone)).rejects.toMatchObject({ code: "InvalidTar" });
    // Zeros are what programs fill up with.
    expect(Object.keys((await read(Buffer.concat([whole, new Uint8Array(9000)]))).files)).toHaveLength(2);
  });

  test.each([
    "no record",
    "5 a=b\n",
    "7 a=b\n",
    "0 a=b\n",
    "6 a=bX",
    "5 =b\n",
    "99999999999 a=b\n",
    "6 a=b\n6",
    "-6 a=b\n",
  ])("the pax record %j", async (content) => {
    await expect(read(tar({ type: "x", content }, {}))).rejects.toMatchObject({ code: "InvalidTar" });
  });

  test("an extended header without a member, or too large a one", async () => {
    await expect(read(tar({}, pax({ path: "b" })))).rejects.toMatchObject({ code: "InvalidTar" });
    const large = { type: "x", patch: [[124, "77777777777\0"]] } as const;
    await expect(read(tar(large))).rejects.toMatchObject({ code: "InvalidTar" });
    const many = Object.fromEntries(Array.from({ length: 1001 }, (_, at) => [`k${String(at)}`, "v"]));
    await expect(read(tar(pax(many, "g"), {}))).rejects.toMatchObject({ code: "InvalidTar" });
  });

  test("no bytes at all make anything but an error of ours, or the files of a tar", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat(whole.length - 1), fc.integer({ min: 0, max: 255 })), { maxLength: 6 }),
        fc.nat(whole.length),
        async (changes, length) => {
          const bytes = Buffer.from(whole.subarray(0, length));
          for (const [at, byte] of changes) if (at < bytes.length) bytes[at] = byte;
          try {
            await read(bytes);
          } catch (error) {
            expect(error).toMatchObject({ name: "FormatError" });
          }
        },
      ),
      { numRuns: 300 },
    );
  });
});

describe("limits", () => {
  test("of members, whatever they are", async () => {
    const members = [{ name: "d", type: "5" }, { name: "l", type: "2" }, { name: "f" }];
    await expect(read(tar(...members), { maxFiles: 2 })).rejects.toMatchObject({ code: "TooManyFiles" });
    expect(Object.keys((await read(tar(...members), { maxFiles: 3 })).files)).toEqual(["f"]);
  });

  test("of bytes", async () => {
    const bytes = tar({ content: "x".repeat(5000) });
    await expect(read(bytes, { maxBytes: bytes.length - 1 })).rejects.toMatchObject({ code: "SizeExceeded" });
    expect(Object.keys((await read(bytes, { maxBytes: bytes.length })).files)).toEqual(["f"]);
  });
});

describe("how it is read", () => {
  test("what nobody reads is skipped, and cannot be read later", async () => {
    const { archive } = archiveOfFiles([
      { path: "a", content: "x".repeat(5000) },
      { path: "b", content: "b" },
    ]);
    const contents: AsyncIterable<Uint8Array>[] = [];
    for await (const { content } of fromTar(toTar(archive))) contents.push(content);
    expect(contents).toHaveLength(2);
    for (const content of contents) {
      await expect(collectBytes(content)).rejects.toMatchObject({ code: "InvalidArgument" });
    }
  });

  test("leaving it early frees the stream", async () => {
    const { archive, openReads } = archiveOfFiles([{ path: "a", content: new Uint8Array(20_000_000) }]);
    for await (const { content } of fromTar(toTar(archive))) {
      for await (const chunk of content) {
        expect(chunk.length).toBeGreaterThan(0);
        break;
      }
      break;
    }
    expect(openReads()).toBe(0);
  });

  test("an abort is noticed while the stream does not answer", async () => {
    const abort = new AbortController();
    const reason = new Error("enough");
    const silent: AsyncIterable<Uint8Array> = {
      [Symbol.asyncIterator]: () => ({ next: () => new Promise<never>(() => undefined) }),
    };
    const reading = collect(fromTar(silent, { signal: abort.signal }));
    abort.abort(reason);
    await expect(reading).rejects.toBe(reason);
  });

  test("an error of the stream is passed on", async () => {
    const gone = new Error("gone");
    // oxlint-disable-next-line require-yield, typescript/require-await -- it has nothing to give
    async function* broken(): AsyncGenerator<Uint8Array> {
      throw gone;
    }
    await expect(collect(fromTar(broken()))).rejects.toBe(gone);
  });
});

async function collect(all: AsyncIterable<unknown>): Promise<void> {
  for await (const one of all) void one;
}
