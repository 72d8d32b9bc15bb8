import type { Caches, RecordCache } from "@blob/cache";
import type { Descriptor, Evidence, LeftOut, Manifest, Policy, Verdict } from "@blob/registry";
import { createMemoryRegistry, sha256Digest } from "@blob/registry";
import { describe, expect, test } from "vitest";
import { noCaches } from "../caching/cache-views.js";
import { ClientError } from "../errors.js";
import { createLifetime } from "../lifetime/lifetime.js";
import type { AskedAbout } from "./policies.js";
import { askPolicies, enforcePolicies } from "./policies.js";

const repository = "acme/site";
const bytes = Buffer.from('{"schemaVersion":2}');
const digest = sha256Digest(bytes);
const mediaType = "application/vnd.oci.image.manifest.v1+json";
const manifest: Manifest = { descriptor: { mediaType, digest, size: bytes.length }, bytes };
const listed: Descriptor = { mediaType, digest: sha256Digest(Buffer.from("old")), size: 3 };
const other: Descriptor = { mediaType, digest: sha256Digest(Buffer.from("new")), size: 3 };

/** Caches that remember a list of referrers. */
function remembering(): Caches {
  const get: RecordCache["get"] = async (_key, parse) => {
    const value = parse([listed]);
    return value === undefined ? undefined : { value, fresh: true, storedAt: 0 };
  };
  return { ...noCaches, records: { ...noCaches.records, get } };
}

function subjectWith(more: Partial<AskedAbout> = {}): AskedAbout {
  const registry = {
    ...createMemoryRegistry(),
    async *referrers() {
      yield other;
    },
  };
  return {
    lifetime: createLifetime(),
    registry,
    trustDomain: "https://one.example",
    caches: noCaches,
    repository,
    manifest,
    onLeftOut: undefined,
    ...more,
  };
}

/** A policy that looks at the list, and says what it is told to, each time the next thing. */
function looking(...says: readonly (Verdict | Error)[]): Policy & { readonly seen: string[][] } {
  const seen: string[][] = [];
  return {
    name: "looking",
    seen,
    async evaluate({ registry, repository: its, manifest: { descriptor } }) {
      const found: string[] = [];
      for await (const one of registry.referrers(its, descriptor.digest)) found.push(one.digest);
      const said = says[seen.length] ?? new Error("was asked once more");
      seen.push(found);
      if (said instanceof Error) throw said;
      return said;
    },
  };
}

const accepts: Verdict = { ok: true };
const refuses: Verdict = { ok: false, reasons: [{ policy: "looking", message: "it is not there" }] };

describe("a policy is asked", () => {
  test("about the subject, with a signal of its own that ends with the asking", async () => {
    const controller = new AbortController();
    let its: AbortSignal | undefined;
    const policy: Policy = {
      name: "keeps",
      async evaluate(subject, { signal } = {}) {
        expect(subject).toMatchObject({ repository, manifest });
        its = signal;
        return accepts;
      },
    };
    const outcomes = await askPolicies([policy], subjectWith(), controller.signal);
    expect(outcomes).toEqual([{ policy, verdict: accepts, error: undefined }]);
    expect(its).not.toBe(controller.signal);
    controller.abort();
    expect(its?.aborted).toBe(false);
  });

  test.each([
    ["accepts", accepts],
    ["refuses", refuses],
  ])("once, when it %s because of a list that was just read", async (_name, says) => {
    const policy = looking(says);
    expect(await askPolicies([policy], subjectWith(), undefined)).toEqual([
      { policy, verdict: says, error: undefined },
    ]);
    expect(policy.seen).toEqual([[other.digest]]);
  });

  test("once, when it accepts because of a list that was remembered", async () => {
    const policy = looking(accepts);
    const [outcome] = await askPolicies([policy], subjectWith({ caches: remembering() }), undefined);
    expect(outcome?.verdict).toEqual(accepts);
    expect(policy.seen).toEqual([[listed.digest]]);
  });

  test.each<[string, Verdict | Error, Verdict | Error]>([
    ["refuses", refuses, accepts],
    ["refuses for good", refuses, refuses],
    ["cannot decide", new Error("log out of reach"), accepts],
    ["cannot decide for good", new Error("log out of reach"), new Error("still out of reach")],
    ["refuses, and then cannot decide", refuses, new Error("log out of reach")],
    ["refuses, and then is told of something else", refuses, new ClientError("Closed", "it is closed")],
  ])(
    "once more with a new list, when it %s because of one that was remembered",
    async (_name, first, then) => {
      const policy = looking(first, then);
      const [outcome] = await askPolicies([policy], subjectWith({ caches: remembering() }), undefined);
      expect(policy.seen).toEqual([[listed.digest], [other.digest]]);
      expect(outcome).toEqual(
        then instanceof Error
          ? { policy, verdict: undefined, error: then }
          : { policy, verdict: then, error: undefined },
      );
    },
  );

  test("once more in vain offline, where the first answer stands", async () => {
    const policy = looking(refuses, new ClientError("Offline", "no network"));
    const [outcome] = await askPolicies([policy], subjectWith({ caches: remembering() }), undefined);
    expect(outcome).toEqual({ policy, verdict: refuses, error: undefined });
    const coded = looking(refuses, Object.assign(new Error("not ours"), { code: "Offline" }));
    const [later] = await askPolicies([coded], subjectWith({ caches: remembering() }), undefined);
    expect(later?.error).toMatchObject({ message: "not ours" });
  });

  test("and what was left out of the list is told", async () => {
    const what: LeftOut = { kind: "descriptor", name: "x", why: "it is odd" };
    const registry: AskedAbout["registry"] = {
      ...createMemoryRegistry(),
      async *referrers(_repository, _digest, options) {
        options?.onLeftOut?.(what);
        yield other;
      },
    };
    const told: LeftOut[] = [];
    const onLeftOut = (one: LeftOut): void => void told.push(one);
    await askPolicies([looking(accepts)], subjectWith({ registry, onLeftOut }), undefined);
    expect(told).toEqual([what]);
    const again = looking(refuses, accepts);
    await askPolicies([again], subjectWith({ registry, onLeftOut, caches: remembering() }), undefined);
    expect(told).toEqual([what, what]);
  });
});

describe("an abort", () => {
  const reason = new Error("enough");
  const never: Policy = { name: "never", evaluate: () => new Promise(() => {}) };

  test("ends the waiting for who does not listen", async () => {
    const controller = new AbortController();
    const asking = askPolicies([never], subjectWith(), controller.signal);
    controller.abort(reason);
    await expect(asking).rejects.toBe(reason);
  });

  test("comes before what policies said", async () => {
    const controller = new AbortController();
    const stops: Policy = {
      name: "stops",
      async evaluate() {
        controller.abort(reason);
        return refuses;
      },
    };
    for (const ask of [
      () => askPolicies([stops], subjectWith(), controller.signal),
      () => enforcePolicies([stops], subjectWith(), "ref", controller.signal),
    ]) {
      await expect(ask()).rejects.toBe(reason);
    }
  });

  test("reaches the policy", async () => {
    const controller = new AbortController();
    const listens: Policy = {
      name: "listens",
      evaluate: (_subject, { signal } = {}) =>
        new Promise((_resolve, reject) => {
          signal?.addEventListener("abort", () => reject(new Error("was told")));
          controller.abort(reason);
        }),
    };
    await expect(askPolicies([listens], subjectWith(), controller.signal)).rejects.toBe(reason);
  });
});

describe("what is enforced", () => {
  const policy = (name: string, says: () => Verdict): Policy => ({ name, evaluate: async () => says() });
  const yes = policy("yes", () => accepts);
  const no = (name: string, ...messages: readonly string[]): Policy =>
    policy(name, () => ({ ok: false, reasons: messages.map((message) => ({ policy: name, message })) }));
  const failure = new Error("log out of reach");
  const broken = policy("broken", () => {
    throw failure;
  });
  const enforce = async (...policies: readonly Policy[]): Promise<readonly Evidence[]> =>
    enforcePolicies(policies, subjectWith(), "ghcr.io/acme/site:v1", undefined);

  test("is nothing, without a policy that refuses", async () => {
    await expect(enforce()).resolves.toEqual([]);
    await expect(enforce(yes, yes)).resolves.toEqual([]);
  });

  test("tells what it rests on", async () => {
    const of = (name: string): Evidence => ({
      policy: name,
      digest: `sha256:${"1".repeat(64)}`,
      predicateType: "https://example.com/x",
      signer: { kind: "key", fingerprint: name },
    });
    const signed = (name: string): Policy => policy(name, () => ({ ok: true, evidence: [of(name)] }));
    await expect(enforce(yes, signed("a"), signed("b"))).resolves.toEqual([of("a"), of("b")]);
  });

  test("is each refusal, with all its reasons", async () => {
    await expect(enforce(yes, no("one", "a", "b"), yes, no("two", "c"))).rejects.toMatchObject({
      code: "PolicyViolation",
      reference: "ghcr.io/acme/site:v1",
      digest,
      reasons: [
        { policy: "one", message: "a" },
        { policy: "one", message: "b" },
        { policy: "two", message: "c" },
      ],
      message: "ghcr.io/acme/site:v1 is refused by policy: one: a; one: b; two: c",
    });
  });

  test("is a refusal without a reason, too", async () => {
    const said = [{ policy: "silent", message: "refused without a reason" }];
    await expect(enforce(no("silent"))).rejects.toMatchObject({ code: "PolicyViolation", reasons: said });
    const [outcome] = await askPolicies([no("silent")], subjectWith(), undefined);
    expect(outcome?.verdict).toEqual({ ok: false, reasons: said });
  });

  test("is the error of who could not decide, unless another refuses", async () => {
    await expect(enforce(yes, broken, yes)).rejects.toBe(failure);
    await expect(enforce(broken, no("no", "a"))).rejects.toMatchObject({
      code: "PolicyViolation",
      reasons: [{ policy: "no", message: "a" }],
    });
  });

  test("is what is thrown without a promise as well", async () => {
    const throws: Policy = {
      name: "throws",
      evaluate() {
        throw failure;
      },
    };
    await expect(enforce(throws)).rejects.toBe(failure);
  });
});
