import { createHash, createPublicKey, sign } from "node:crypto";
import { TransparencyLogEntry } from "@sigstore/protobuf-specs";
import { describe, expect, test } from "vitest";
import type { LogEntryJson } from "../sigstore-server/index.js";
import { createKeyPair, createTransparencyLog, hashedRekordBody } from "../sigstore-server/index.js";
import { verifyLogEntry } from "./log-entry.js";
import type { SignedContent } from "./signed-content.js";
import type { TrustedLog } from "./trust-material.js";

const keys = createKeyPair();
const signed = Buffer.from("signed bytes");
const signature = sign("sha256", signed, keys.privateKey);
const content: SignedContent = {
  signature,
  publicKey: createPublicKey(keys.privateKey).export({ format: "der", type: "spki" }),
  certificate: undefined,
  signed,
  hash: (of, name) => (of === "signed" ? createHash(name).update(signed).digest() : undefined),
};
const body = hashedRekordBody(createHash("sha256").update(signed).digest(), signature, keys.publicKey);

const loggedAt = new Date("2026-03-01T12:00:00Z");
const withPromises = createTransparencyLog({ version: 1, host: "rekor.example", now: () => loggedAt });
const withoutTimes = createTransparencyLog({ version: 2, host: "rekor2.example", now: () => loggedAt });
// Its first entry is of somebody else: indexes and paths of zero would hide a lot.
for (const log of [withPromises, withoutTimes]) log.append({ apiVersion: "0.0.1", kind: "other", spec: {} });

function trusted(log: typeof withPromises, validity: { start?: string; end?: string } = {}): TrustedLog {
  return {
    baseUrl: log === withPromises ? "https://rekor.example" : "https://rekor2.example",
    logId: log.logId,
    keyHint: log.logId.subarray(0, 4),
    key: log.publicKey,
    start: new Date(validity.start ?? "2026-01-01T00:00:00Z"),
    end: validity.end === undefined ? undefined : new Date(validity.end),
  };
}

const logs = [trusted(withPromises), trusted(withoutTimes)];
const verified = (entry: unknown, candidates = logs): ReturnType<typeof verifyLogEntry> =>
  verifyLogEntry(TransparencyLogEntry.fromJSON(entry), candidates, content);

const promised = (): LogEntryJson => withPromises.append(body, { time: loggedAt });
const proven = (): LogEntryJson => withoutTimes.append(body);

/** The entry as the only one of a new shard, with a promise for another index. */
function resigned(entry: LogEntryJson, promise: { logIndex: number }): { entry: unknown; log: TrustedLog } {
  const { privateKey, publicKey } = createKeyPair();
  const signedBy = (text: string): Buffer => sign("sha256", Buffer.from(text), privateKey);
  const root = createHash("sha256")
    .update(Uint8Array.of(0))
    .update(Buffer.from(entry.canonicalizedBody, "base64"))
    .digest("base64");
  const log = { ...trusted(withPromises), key: publicKey };
  const note = `rekor.example\n1\n${root}\n`;
  const line = Buffer.concat([log.keyHint, signedBy(note)]).toString("base64");
  const inclusionProof = {
    logIndex: "0",
    treeSize: "1",
    rootHash: root,
    hashes: [],
    checkpoint: { envelope: `${note}\n\u2014 rekor.example ${line}\n` },
  };
  const signedEntryTimestamp = signedBy(JSON.stringify(promise)).toString("base64");
  const logIndex = String(promise.logIndex);
  return { entry: { ...entry, logIndex, inclusionPromise: { signedEntryTimestamp }, inclusionProof }, log };
}

test("a promise gives the time, and a proof alone gives none", () => {
  expect(verified(promised()).time).toEqual(loggedAt);
  expect(verified({ ...promised(), inclusionProof: undefined }).time).toEqual(loggedAt);
  expect(verified(proven()).time).toBeUndefined();
});

test("an entry of a log that is not trusted, or of none, is refused", () => {
  expect(() => verified(promised(), [])).toThrow("no usable log");
  expect(() => verified({ ...promised(), logId: undefined })).toThrow("no usable log");
});

test("with neither promise nor proof, or a proof without a checkpoint, it is refused", () => {
  const { inclusionProof, ...rest } = proven();
  expect(() => verified(rest)).toThrow("neither promise nor proof");
  const unsigned = { ...rest, inclusionProof: { ...inclusionProof, checkpoint: undefined } };
  expect(() => verified(unsigned)).toThrow("neither promise nor proof");
});

test("beside a promise, a proof without a checkpoint proves nothing, and does no harm", () => {
  const entry = promised();
  const unsigned = { ...entry, inclusionProof: { ...entry.inclusionProof, checkpoint: undefined } };
  expect(verified(unsigned).time).toEqual(loggedAt);
});

test("beside a good promise, a wrong proof is refused all the same", () => {
  const entry = promised();
  const rootHash = Buffer.alloc(32, 1).toString("base64");
  expect(() => verified({ ...entry, inclusionProof: { ...entry.inclusionProof, rootHash } })).toThrow(
    "not for the checkpoint's tree",
  );
  expect(() => verified({ ...entry, inclusionProof: { ...entry.inclusionProof, treeSize: "1" } })).toThrow(
    "not for the checkpoint's tree",
  );
});

test("the index that the proof is for has to be the entry's, unless the log has signed another", () => {
  const entry = proven();
  expect(() => verified({ ...entry, logIndex: "77" })).toThrow("two indexes");
  // The outer index counts over all shards of a log: the promise covers it.
  const outer = 77;
  const shard = promised();
  const promise = {
    body: shard.canonicalizedBody,
    integratedTime: Number(shard.integratedTime),
    logID: Buffer.from(withPromises.logId).toString("hex"),
    logIndex: outer,
  };
  expect(() => verified({ ...shard, logIndex: String(outer) })).toThrow("did not sign the promise");
  const { entry: outerEntry, log } = resigned(shard, promise);
  expect(verified(outerEntry, [log]).time).toEqual(loggedAt);
});

test("a path to a leaf that the tree does not have is refused", () => {
  const entry = proven();
  const { inclusionProof } = entry;
  const beyond = { ...entry, logIndex: "9", inclusionProof: { ...inclusionProof, logIndex: "9" } };
  expect(() => verified(beyond)).toThrow("does not have the log entry");
  const longer = [...(inclusionProof?.hashes ?? []), Buffer.alloc(32).toString("base64")];
  expect(() => verified({ ...entry, inclusionProof: { ...inclusionProof, hashes: longer } })).toThrow(
    "does not have the log entry",
  );
});

test.each(["0", "-1", "9007199254740993"])("a promise with the time %s is refused", (integratedTime) => {
  expect(() => verified({ ...promised(), integratedTime })).toThrow("has no time");
});

describe("a log is in use", () => {
  const at = loggedAt.toISOString();
  test.each([
    ["from its start", { start: at }, true],
    ["until its end", { end: at }, true],
    ["not before its start", { start: "2026-03-01T12:00:01Z" }, false],
    ["not after its end", { end: "2026-03-01T11:59:59Z" }, false],
  ] as const)("%s", (_when, validity, isInUse) => {
    const check = (): unknown => verified(promised(), [trusted(withPromises, validity)]);
    if (isInUse) expect(check).not.toThrow();
    else expect(check).toThrow("the log was not in use at 2026-03-01T12:00:00.000Z");
  });
});

test("with two logs of one identifier, the one that fits is found, and else every reason is told", () => {
  const ended = trusted(withPromises, { end: "2026-02-01T00:00:00Z" });
  const other = { ...trusted(withPromises), key: createKeyPair().publicKey };
  expect(verified(promised(), [ended, other, trusted(withPromises)]).time).toEqual(loggedAt);
  expect(() => verified(promised(), [ended, other])).toThrow(/not in use.*; the log did not sign/);
});

test("whatever else goes wrong is told without what a library says", () => {
  const broken = { ...trusted(withPromises), key: createKeyPair().privateKey };
  Reflect.set(broken, "key", "no key");
  expect(() => verified(promised(), [broken])).toThrow(/^the log entry is malformed$/);
});

test("two copies of an entry have one identity, and others have others", () => {
  const entry = promised();
  const { identity } = verified(entry);
  expect(verified(structuredClone(entry)).identity).toBe(identity);
  expect(verified(proven()).identity).not.toBe(identity);
});
