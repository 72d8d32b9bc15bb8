import type { Policy, Registry } from "@blob/registry";
import { createMemoryRegistry, sha256Digest } from "@blob/registry";
import { createCaches } from "@blob/cache";
import { expect, test } from "vitest";
import { createLifetime } from "../lifetime/lifetime.js";
import { askPolicies } from "./policies.js";
import { referrers } from "./referrers.js";
import { createSharedReads } from "../caching/shared-reads.js";
import { tags } from "./tags.js";
import type { VerbContext, ListVerbOptions } from "./verb-context.js";

const caches = createCaches();
const digest = sha256Digest(Buffer.from("subject"));
const good = { mediaType: "application/x", digest: sha256Digest(Buffer.from("good")), size: 4 };
const bad = { kind: "referrer", name: "odd", why: "it has no digest" } as const;

/** A registry whose lists have an odd element each. */
const odd: Registry = {
  ...createMemoryRegistry(),
  async *tags(_repository, { onLeftOut } = {}) {
    yield "v1";
    onLeftOut?.({ kind: "tag", name: "not a tag", why: "it has spaces" });
    yield "v2";
  },
  async *referrers(_repository, _digest, { onLeftOut } = {}) {
    onLeftOut?.(bad);
    yield good;
  },
};

const context: VerbContext = {
  lifetime: createLifetime(),
  registries: { open: () => ({ registry: odd, trustDomain: "odd", caches }), close: () => Promise.resolve() },
  shared: createSharedReads(),
  policies: [],
};

/** Options that write down what is left out. */
function observed(): { readonly seen: unknown[]; readonly options: ListVerbOptions } {
  const seen: unknown[] = [];
  return { seen, options: { onLeftOut: (what) => void seen.push(what) } };
}

test("tags goes on after one that is none, and says so", async () => {
  const { seen, options } = observed();
  const found: string[] = [];
  for await (const tag of tags(context, "registry.example/acme/site", options)) found.push(tag);
  expect(found).toEqual(["v1", "v2"]);
  expect(seen).toMatchObject([{ kind: "tag", name: "not a tag" }]);
});

test("referrers goes on after one that is broken, and says so", async () => {
  const { seen, options } = observed();
  expect(await referrers(context, `registry.example/acme/site@${digest}`, options)).toEqual([good]);
  expect(seen).toEqual([bad]);
});

test("what a policy does not get to see is said each time, and no cache hides it", async () => {
  const bytes = Buffer.from("subject");
  const manifest = { descriptor: { mediaType: "application/x", digest, size: bytes.length }, bytes };
  const lists: Policy = {
    name: "lists",
    async evaluate({ registry, repository }) {
      const listed: unknown[] = [];
      for await (const one of registry.referrers(repository, digest)) listed.push(one);
      expect(listed).toEqual([good]);
      return { ok: true };
    },
  };
  const { lifetime } = context;
  for (let i = 0; i < 2; i += 1) {
    const { seen, options } = observed();
    const opened = { registry: odd, trustDomain: "odd", caches };
    const subject = { lifetime, ...opened, repository: "acme/site", manifest, ...options };
    await askPolicies([lists], { ...subject, onLeftOut: options.onLeftOut }, undefined);
    expect(seen).toEqual([bad]);
  }
});
