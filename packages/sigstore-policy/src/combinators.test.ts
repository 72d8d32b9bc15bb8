import type { Policy, PolicySubject, Registry, Verdict } from "@blob/registry";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { all, any, isPolicyError } from "./index.js";

const unused = {} as Registry;
const subject: PolicySubject = {
  registry: unused,
  repository: "acme/site",
  manifest: {
    descriptor: { mediaType: "application/vnd.oci.image.manifest.v1+json", digest: "sha256:00", size: 2 },
    bytes: new TextEncoder().encode("{}"),
  },
};

type Says = "yes" | "no" | "trouble";

function policyThatSays(says: Says, name: string = says): Policy {
  return {
    name,
    evaluate: (): Promise<Verdict> => {
      if (says === "trouble") return Promise.reject(new Error(`${name} is out of reach`));
      return Promise.resolve(
        says === "yes" ? { ok: true } : { ok: false, reasons: [{ policy: name, message: `not by ${name}` }] },
      );
    },
  };
}

describe("all", () => {
  test("accepts only what every policy accepts, and keeps every reason", async () => {
    const verdict = await all([
      policyThatSays("no", "a"),
      policyThatSays("yes", "b"),
      policyThatSays("no", "c"),
    ]).evaluate(subject);
    expect(verdict).toEqual({
      ok: false,
      reasons: [
        { policy: "a", message: "not by a" },
        { policy: "c", message: "not by c" },
      ],
    });
  });

  test("a policy that could not be checked is an error, not a verdict", async () => {
    await expect(all([policyThatSays("yes"), policyThatSays("trouble")]).evaluate(subject)).rejects.toThrow(
      "trouble is out of reach",
    );
  });

  test("a refusal counts even when another policy could not be checked", async () => {
    const verdict = await all([policyThatSays("trouble"), policyThatSays("no")]).evaluate(subject);
    expect(verdict.ok).toBe(false);
  });

  test("a refusal without a reason stays a refusal", async () => {
    const silent: Policy = { name: "silent", evaluate: () => Promise.resolve({ ok: false, reasons: [] }) };
    expect(await all([silent]).evaluate(subject)).toEqual({
      ok: false,
      reasons: [{ policy: "silent", message: "refused without a reason" }],
    });
  });
});

describe("any", () => {
  test("accepts what one policy accepts, whatever the others do", async () => {
    const policy = any([policyThatSays("no"), policyThatSays("trouble"), policyThatSays("yes")]);
    expect(await policy.evaluate(subject)).toEqual({ ok: true, evidence: [] });
  });

  test("refuses with the reasons of all", async () => {
    const verdict = await any([policyThatSays("no", "a"), all([policyThatSays("no", "b")])]).evaluate(
      subject,
    );
    expect(verdict).toEqual({
      ok: false,
      reasons: [
        { policy: "a", message: "not by a" },
        { policy: "b", message: "not by b" },
      ],
    });
  });

  test("says why the others refused when one could not be checked", async () => {
    const policy = any([policyThatSays("no", "a"), policyThatSays("trouble", "b")]);
    const error: unknown = await policy.evaluate(subject).catch((thrown: unknown) => thrown);
    expect(isPolicyError(error) && error.code).toBe("NotChecked");
    expect(error).toMatchObject({
      message: "1 of 2 policies could not be checked (refused by the others: a: not by a)",
      cause: { message: "b is out of reach" },
    });
  });
});

test("a combination is named after its parts, and an error names it", async () => {
  const parts = [policyThatSays("no", "a"), any([policyThatSays("trouble", "b")])] as const;
  expect(all(parts).name).toBe("all(a, any(b))");
  await expect(any(parts).evaluate(subject)).rejects.toMatchObject({ policy: "any(a, any(b))" });
});

test("the evidence is that of every policy that accepted, and of no other", async () => {
  const proving = (name: string): Policy => ({
    name,
    evaluate: () =>
      Promise.resolve({
        ok: true,
        evidence: [
          {
            policy: name,
            digest: "sha256:00",
            predicateType: "x",
            signer: { kind: "key", fingerprint: "f" },
          },
        ],
      }),
  });
  const both = [proving("a"), policyThatSays("yes"), proving("b")] as const;
  const evidence = [expect.objectContaining({ policy: "a" }), expect.objectContaining({ policy: "b" })];
  // Who writes JavaScript may say more than the types allow.
  const refusal = {
    ok: false,
    reasons: [{ policy: "c", message: "no" }],
    evidence: [{ policy: "c" }],
  } as const;
  const refusing: Policy = { name: "c", evaluate: () => Promise.resolve(refusal) };
  expect(await all(both).evaluate(subject)).toEqual({ ok: true, evidence });
  expect(await any([refusing, ...both]).evaluate(subject)).toEqual({ ok: true, evidence });
});

test.each([
  ["all", all],
  ["any", any],
] as const)("%s of nothing cannot be made", (_name, combine) => {
  const none = [] as readonly Policy[] as readonly [Policy];
  expect(() => combine(none)).toThrow(expect.objectContaining({ code: "InvalidPolicy" }));
});

test.each([
  ["all", all],
  ["any", any],
] as const)("%s ends with the signal's reason after an abort", async (_name, combine) => {
  const controller = new AbortController();
  const waiting: Policy = {
    name: "waiting",
    evaluate: (_subject, options) =>
      new Promise((_resolve, reject) => {
        options?.signal?.addEventListener("abort", () => reject(new Error("stopped")));
      }),
  };
  const evaluation = combine([waiting, policyThatSays("no")]).evaluate(subject, {
    signal: controller.signal,
  });
  controller.abort(new Error("enough"));
  await expect(evaluation).rejects.toThrow("enough");
});

test("whatever is combined: accepted never without an acceptance, refused never without a reason", async () => {
  const says = fc.array(fc.constantFrom<Says>("yes", "no", "trouble"), { minLength: 1, maxLength: 6 });
  await fc.assert(
    fc.asyncProperty(says, async (answers) => {
      const [first, ...rest] = answers.map((answer) => policyThatSays(answer));
      if (first === undefined) return;
      const outcome = async (policy: Policy): Promise<Says> => {
        const verdict = await policy.evaluate(subject).catch(() => undefined);
        if (verdict === undefined) return "trouble";
        if (!verdict.ok) expect(verdict.reasons.length).toBeGreaterThan(0);
        return verdict.ok ? "yes" : "no";
      };
      const has = (answer: Says): boolean => answers.includes(answer);
      expect(await outcome(all([first, ...rest]))).toBe(
        has("no") ? "no" : has("trouble") ? "trouble" : "yes",
      );
      expect(await outcome(any([first, ...rest]))).toBe(
        has("yes") ? "yes" : has("trouble") ? "trouble" : "no",
      );
    }),
  );
});
