import { sign } from "node:crypto";
import { describe, expect, test } from "vitest";
import { createKeyPair } from "../sigstore-server/index.js";
import { verifyCheckpoint } from "./checkpoint.js";
import type { TrustedLog } from "./trust-material.js";

const keys = createKeyPair();
const keyHint = Buffer.from([1, 2, 3, 4]);
const root = Buffer.alloc(32, 5).toString("base64");
const log: TrustedLog = {
  baseUrl: "https://log.example:8443/v2/",
  logId: Buffer.alloc(32),
  keyHint,
  key: keys.publicKey,
  start: new Date(0),
  end: undefined,
};

interface Parts {
  readonly note?: string;
  readonly name?: string;
  readonly hint?: Uint8Array;
  readonly others?: string;
}

const line = (name: string, bytes: Uint8Array): string =>
  `\u2014 ${name} ${Buffer.from(bytes).toString("base64")}\n`;
const usual = `log.example/v2\n9\n${root}\n`;

function checkpoint({
  note = usual,
  name = "log.example/v2",
  hint = keyHint,
  others = "",
}: Parts = {}): string {
  const signature = Buffer.concat([hint, sign("sha256", Buffer.from(note), keys.privateKey)]);
  return `${note}\n${others}${line(name, signature)}`;
}

const read = (envelope: string, one = log): { size: bigint; root: string } => {
  const { size, root: hash } = verifyCheckpoint(envelope, one);
  return { size, root: Buffer.from(hash).toString("base64") };
};

test("size and root are what the log signed", () => {
  expect(read(checkpoint())).toEqual({ size: 9n, root });
  expect(read(checkpoint({ note: `log.example/v2\n0\n${root}\n` })).size).toBe(0n);
});

describe("a log's name", () => {
  const accepts = (origin: string, name = origin, one = log): void => {
    expect(read(checkpoint({ note: `${origin}\n9\n${root}\n`, name }), one)).toEqual({ size: 9n, root });
  };

  test("is its host, with or without port and path", () => {
    for (const name of ["log.example", "log.example:8443", "log.example/v2", "log.example:8443/v2"])
      accepts(name);
  });

  test("may be followed by the number of a tree in the first line, and by nothing else", () => {
    accepts("log.example - 123", "log.example");
    for (const origin of [
      "log.example - 1 2",
      "log.example - x",
      "log.example -1",
      "x log.example - 1",
      "log.exam - 1ple",
    ]) {
      const other = checkpoint({ note: `${origin}\n9\n${root}\n`, name: "log.example" });
      expect(() => read(other), origin).toThrow("another log");
    }
  });

  test("is what the trusted root has, when that is no URL", () => {
    accepts("log2026", "log2026", { ...log, baseUrl: "log2026" });
  });

  test("of another log is refused, in the first line and beside the signature", () => {
    expect(() => read(checkpoint({ note: `evil.example\n9\n${root}\n` }))).toThrow("another log");
    expect(() => read(checkpoint({ name: "evil.example" }))).toThrow("did not sign");
  });
});

test("a signature with the hint of another key is not looked at", () => {
  expect(() => read(checkpoint({ hint: Buffer.from([1, 2, 3, 5]) }))).toThrow("did not sign");
});

test("lines of witnesses do no harm, and prove nothing", () => {
  const witness = line("witness.example", Buffer.alloc(70, 1));
  expect(read(checkpoint({ others: witness })).size).toBe(9n);
  const wrongFirst = line("log.example/v2", Buffer.concat([keyHint, Buffer.alloc(70, 1)]));
  expect(read(checkpoint({ others: wrongFirst })).size).toBe(9n);
  expect(() => read(`${usual}\n${witness}`)).toThrow("did not sign");
});

test.each([
  ["no dash", "- log.example/v2 AQIDBAUG\n"],
  ["no name", "\u2014\n"],
  ["no signature", "\u2014 log.example/v2\n"],
  ["something behind", "\u2014 log.example/v2 AQIDBAUG more\n"],
  ["nothing in it", "\n"],
])("a signature line with %s is refused", (_what, others) => {
  expect(() => read(checkpoint({ others }))).toThrow("malformed signature line");
});

test("a signer is named by a host or path", () => {
  for (const name of ["log$example", "", "\u00e9vil", "log\u0000"]) {
    expect(() => read(checkpoint({ others: line(name, Buffer.alloc(8)) }))).toThrow("whose name is not");
  }
});

test("a hint without a signature is refused, and the shortest signature is not", () => {
  expect(() => read(checkpoint({ others: line("w.example", Buffer.alloc(4)) }))).toThrow("without content");
  expect(read(checkpoint({ others: line("w.example", Buffer.alloc(5)) })).size).toBe(9n);
});

test("what is no signed note is refused", () => {
  for (const envelope of ["", "text", usual, `${usual}\n`.trimEnd(), checkpoint().trimEnd(), `\n\n`]) {
    expect(() => read(envelope)).toThrow();
  }
  expect(() => read(usual)).toThrow("not a signed note");
  expect(() => read(checkpoint().trimEnd())).toThrow("not a signed note");
});

test.each(["", "01", "-1", "+1", "1 ", " 1", "x", "1e3", "0x1", "10000000000000000000"])(
  "the size %j is refused",
  (size) => {
    expect(() => read(checkpoint({ note: `log.example/v2\n${size}\n${root}\n` }))).toThrow();
  },
);

test("without size, or without root, it is refused", () => {
  expect(() => read(checkpoint({ note: "log.example/v2\n" }))).toThrow("no size and root");
  expect(() => read(checkpoint({ note: `log.example/v2\nx\n${root}\n` }))).toThrow("no size and root");
  expect(() => read(checkpoint({ note: `log.example/v2\n1x\n${root}\n` }))).toThrow("no size and root");
});

test("16 KiB are read, and not one character more", () => {
  const padded = (length: number): string => {
    const rest = length - checkpoint({ note: `${usual}\n`.slice(0, -1) }).length;
    return checkpoint({ note: `${usual}${"x".repeat(rest - 1)}\n` });
  };
  // An ECDSA signature has not always the same length.
  const fitting = Array.from({ length: 200 }, () => padded(16_384)).find(({ length }) => length === 16_384);
  const tooLong = Array.from({ length: 200 }, () => padded(16_385)).find(({ length }) => length === 16_385);
  expect(read(fitting ?? "").size).toBe(9n);
  expect(() => read(tooLong ?? "")).toThrow("too long");
});
