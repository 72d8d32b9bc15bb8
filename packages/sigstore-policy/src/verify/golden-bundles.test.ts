import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isPolicyError } from "../errors.js";
import type { KeylessRequirement, KeyRequirement } from "./requirements.js";
import type { CheckedBundle } from "./check-bundle.js";
import type { TrustedRootSource } from "./trusted-root-source.js";
import { verifyBundle } from "./verify-bundle.js";

function fixture(name: string): Buffer {
  return readFileSync(new URL(`../../fixtures/${name}`, import.meta.url));
}

const manifest = fixture("manifest.json");
const root = fixture("trusted_root.json");
const trustedRoot: TrustedRootSource = { name: "trusted_root.json", load: () => Promise.resolve(root) };

const identity = {
  issuer: "https://token.actions.githubusercontent.com",
  subject: "https://github.com/o/r/.github/workflows/w.yml@refs/heads/main",
};
const keyless: KeylessRequirement = { identity, trustedRoot };
const cosignKey = fixture("cosign.pub").toString();
const meigmaKey = fixture("meigma-key.pub").toString();

interface Golden {
  readonly name: string;
  readonly requirement: KeylessRequirement | KeyRequirement;
}

const goldens: readonly Golden[] = [
  { name: "cosign-key-notlog", requirement: { key: cosignKey } },
  { name: "cosign-key-rekor1", requirement: { key: cosignKey, trustedRoot } },
  { name: "meigma-key-rekor1", requirement: { key: meigmaKey, trustedRoot } },
  { name: "cosign-keyless-rekor1", requirement: keyless },
  { name: "cosign-keyless-rekor2", requirement: keyless },
  { name: "meigma-keyless-rekor1", requirement: keyless },
];

/** The result, or why there is none. Any other error fails the test. */
async function verdict(
  { requirement }: Golden,
  bundle: Uint8Array,
  artifact: Uint8Array = manifest,
): Promise<CheckedBundle | string> {
  try {
    return await verifyBundle({ ...requirement, bundle, artifact: { bytes: artifact } });
  } catch (error) {
    if (isPolicyError(error) && error.code === "NotVerified") return error.message;
    throw error;
  }
}

function bundleOf({ name }: Golden): Buffer {
  return fixture(`${name}.bundle.json`);
}

/** Every string and number in a bundle, by its path. */
function leaves(value: unknown, path: readonly string[] = []): readonly (readonly string[])[] {
  if (typeof value !== "object" || value === null) return [path];
  return Object.entries(value).flatMap(([name, child]) => leaves(child, [...path, name]));
}

function changed(value: unknown, path: readonly string[], change: (leaf: unknown) => unknown): unknown {
  const [name, ...rest] = path;
  if (name === undefined) return change(value);
  if (Array.isArray(value)) {
    return value.map((child: unknown, index) =>
      String(index) === name ? changed(child, rest, change) : child,
    );
  }
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, child]) => [key, key === name ? changed(child, rest, change) : child]),
  );
}

function flipped(leaf: unknown, at: number): unknown {
  if (typeof leaf !== "string") return leaf;
  const bytes = Buffer.from(leaf, "base64");
  if (leaf.length < 8 || bytes.toString("base64") !== leaf) {
    const place = Math.min(at, leaf.length - 1);
    return `${leaf.slice(0, place)}${leaf[place] === "1" ? "2" : "1"}${leaf.slice(place + 1)}`;
  }
  const place = Math.min(at, bytes.length - 1);
  bytes[place] = (bytes[place] ?? 0) ^ 1;
  return bytes.toString("base64");
}

const encode = (value: unknown): Uint8Array => Buffer.from(JSON.stringify(value));
const parsed = (golden: Golden): unknown => JSON.parse(bundleOf(golden).toString("utf8"));

describe.each(goldens)("$name", (golden) => {
  test("verifies with its signer", async () => {
    expect(await verdict(golden, bundleOf(golden))).toMatchObject({
      signer:
        "key" in golden.requirement
          ? { kind: "key" }
          : {
              kind: "certificate",
              claims: {
                ...identity,
                buildSignerUri: identity.subject,
                sourceRepositoryUri: "https://github.com/o/r",
                sourceRepositoryRef: "refs/heads/main",
                sourceRepositoryId: "1",
                sourceRepositoryOwnerId: "2",
              },
            },
    });
  });

  test("is not for another manifest", async () => {
    const other = Buffer.from(manifest);
    other[other.length - 2] = 0x20;
    expect(await verdict(golden, bundleOf(golden), other)).toContain("about");
  });

  test("is not by another signer", async () => {
    const { requirement } = golden;
    const others: readonly Golden["requirement"][] =
      "key" in requirement
        ? [{ ...requirement, key: requirement.key === cosignKey ? meigmaKey : cosignKey }, keyless]
        : [
            { ...keyless, identity: { ...identity, subject: identity.subject.replace("/r/", "/r-evil/") } },
            { ...keyless, identity: { ...identity, subject: "https://github.com/o/r/*" } },
            { ...keyless, identity: { ...identity, issuer: "https://token.actions.githubusercontent" } },
            { key: cosignKey, trustedRoot },
          ];
    for (const other of others) {
      expect(await verdict({ ...golden, requirement: other }, bundleOf(golden))).toBeTypeOf("string");
    }
  });

  // A hint says which key to try, and the policy has the key.
  const untouched = ["hint"];

  test("with one field changed, is refused", async () => {
    const bundle = parsed(golden);
    for (const path of leaves(bundle)) {
      if (untouched.includes(path.at(-1) ?? "")) continue;
      const result = await verdict(golden, encode(changed(bundle, path, (leaf) => flipped(leaf, 3))));
      expect(result, path.join(".")).toBeTypeOf("string");
    }
  });

  test("with one field removed, is refused", async () => {
    const bundle = parsed(golden);
    for (const path of leaves(bundle)) {
      if (untouched.includes(path.at(-1) ?? "")) continue;
      const without = changed(bundle, path, () => undefined);
      const result = await verdict(golden, encode(without));
      expect(result, path.join(".")).toBeTypeOf("string");
    }
  });

  test("with any byte of it changed, is refused or means the same", async () => {
    const bundle = bundleOf(golden);
    const original = await verdict(golden, bundle);
    if (typeof original === "string") throw new Error(original);
    const byte = fc.record({ at: fc.nat(bundle.length - 1), value: fc.nat(255) });
    await fc.assert(
      fc.asyncProperty(fc.array(byte, { minLength: 1, maxLength: 3 }), async (changes) => {
        const mutated = Buffer.from(bundle);
        for (const { at, value } of changes) mutated[at] = value;
        const result = await verdict(golden, mutated);
        if (typeof result === "string") return;
        expect(result.signer).toEqual(original.signer);
        expect(result.statement).toEqual(original.statement);
      }),
      { numRuns: 300 },
    );
  });
});

test("a certificate needs a log entry, unless that is said otherwise", async () => {
  const [golden] = goldens.filter(({ name }) => name === "cosign-keyless-rekor1");
  if (golden === undefined) throw new Error("no such bundle");
  const bare = encode(changed(parsed(golden), ["verificationMaterial", "tlogEntries"], () => []));
  expect(await verdict(golden, bare)).toBe("the bundle has 0 log entries, and 1 are required");
  const requirement = { ...keyless, thresholds: { logEntries: 0 } };
  expect(await verdict({ ...golden, requirement }, bare)).toMatchObject({ signer: { kind: "certificate" } });
});

test("a log without a start of validity is not trusted", async () => {
  const [golden] = goldens.filter(({ name }) => name === "cosign-keyless-rekor1");
  if (golden === undefined) throw new Error("no such bundle");
  const open = Buffer.from(
    root.toString("utf8").replaceAll(/"start": "[^"]+"/g, '"end": "2099-01-01T00:00:00Z"'),
  );
  const requirement = { ...keyless, trustedRoot: { name: "open", load: () => Promise.resolve(open) } };
  expect(await verdict({ ...golden, requirement }, bundleOf(golden))).toContain("no usable log");
});

test("whatever bytes are given as a bundle, they are refused", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.oneof(
        fc.uint8Array({ maxLength: 200 }),
        fc.json().map((text) => Buffer.from(text)),
      ),
      async (bytes) => {
        expect(await verdict({ name: "", requirement: keyless }, bytes)).toBeTypeOf("string");
      },
    ),
  );
});
