import fc from "fast-check";
import { expect, test } from "vitest";
import { exceptionFor } from "./exceptions.js";

/** URL, list, the entry that fits or undefined. */
const cases: readonly (readonly [string, string, string | undefined])[] = [
  ["https://registry.example", "", undefined],
  ["https://registry.example", " , ,", undefined],
  ["https://registry.example", "*", "*"],
  ["https://10.0.0.1", "*", "*"],
  ["https://registry.example", "a.example,*", "*"],
  // Domains: with what is below them, by whole labels, in any case.
  ["https://registry.example", "registry.example", "registry.example"],
  ["https://REGISTRY.example.", "Registry.Example", "Registry.Example"],
  ["https://registry.example", "registry.example.", "registry.example."],
  ["https://a.registry.example", "registry.example", "registry.example"],
  ["https://registry.example", ".registry.example", ".registry.example"],
  ["https://a.registry.example", ".registry.example", ".registry.example"],
  ["https://a.registry.example", "*.registry.example", "*.registry.example"],
  ["https://registry.example", "*.registry.example", undefined],
  ["https://notregistry.example", "registry.example", undefined],
  ["https://registry.example.evil", "registry.example", undefined],
  ["https://bücher.example", "bücher.example", "bücher.example"],
  ["https://registry.example", ".", undefined],
  ["https://registry.example", "*.", undefined],
  // Commas and white space.
  ["https://b.example", "a.example, b.example", "b.example"],
  ["https://b.example", "a.example b.example\tc.example", "b.example"],
  // Ports: the protocol's own counts as written.
  ["https://registry.example", "registry.example:443", "registry.example:443"],
  ["http://registry.example", "registry.example:80", "registry.example:80"],
  ["http://registry.example:5000", "registry.example:5000", "registry.example:5000"],
  ["https://registry.example", "registry.example:80", undefined],
  ["https://10.1.2.3:5000", "10.1.2.3:5000", "10.1.2.3:5000"],
  ["https://10.1.2.3", "10.1.2.3:5000", undefined],
  ["https://10.1.2.3:5000", "*:5000", "*:5000"],
  // IPv4 addresses and networks.
  ["https://192.0.2.10", "192.0.2.10", "192.0.2.10"],
  ["https://192.0.2.10", "192.0.2.0/24", "192.0.2.0/24"],
  ["https://192.0.2.10", "192.0.2.77/24", "192.0.2.77/24"],
  ["https://192.0.3.10", "192.0.2.0/24", undefined],
  ["https://192.0.3.10", "0.0.0.0/0", "0.0.0.0/0"],
  ["https://10.0.0.1", "0.0.1", undefined],
  ["https://10.0.0.1", ".1", undefined],
  ["https://10.0.0.1", "10.0.0.0/33", undefined],
  ["https://10.0.0.1", "10.0.0.0/", undefined],
  ["https://10.0.0.1", "10.0.0/8", undefined],
  ["https://registry.example", "0.0.0.0/0", undefined],
  // IPv6, with brackets and without.
  ["https://[2001:db8::10]", "2001:db8::10", "2001:db8::10"],
  ["https://[2001:db8::10]", "[2001:db8::10]", "[2001:db8::10]"],
  ["https://[2001:db8::10]", "2001:0DB8:0:0::0010", "2001:0DB8:0:0::0010"],
  ["https://[2001:db8::10]:5000", "[2001:db8::10]:5000", "[2001:db8::10]:5000"],
  ["https://[2001:db8::10]", "[2001:db8::10]:5000", undefined],
  ["https://[2001:db8::10]", "2001:db8::/32", "2001:db8::/32"],
  ["https://[2001:db8::10]", "[2001:db8::]/32", "[2001:db8::]/32"],
  ["https://[2001:db9::10]", "2001:db8::/32", undefined],
  ["https://[2001:db8::10]", "2001:db8::/129", undefined],
  ["https://[fe80::1]", "fe80::1%eth0", undefined],
  ["https://[::ffff:10.0.0.1]", "10.0.0.0/8", "10.0.0.0/8"],
  ["https://[2001:db8::10]", "0.0.0.0/0", undefined],
  ["https://10.0.0.1", "::/0", undefined],
];

test.each(cases)("%s, NO_PROXY=%s: %s", (url, list, entry) => {
  expect(exceptionFor(new URL(url), list)).toBe(entry);
});

const byte = fc.integer({ min: 0, max: 255 });
const ipv4 = fc.tuple(byte, byte, byte, byte);
const bitsOf = (address: readonly number[]): string =>
  address.map((one) => one.toString(2).padStart(8, "0")).join("");

test("an IPv4 network has exactly the addresses with its first bits", () => {
  fc.assert(
    fc.property(ipv4, ipv4, fc.integer({ min: 0, max: 32 }), (address, network, bits) => {
      const entry = `${network.join(".")}/${String(bits)}`;
      const isIn = bitsOf(address).slice(0, bits) === bitsOf(network).slice(0, bits);
      expect(exceptionFor(new URL(`https://${address.join(".")}`), entry)).toBe(isIn ? entry : undefined);
    }),
  );
});

test("nothing that a list can have is an error, and what follows it still counts", () => {
  const url = new URL("https://registry.example");
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 30 }), (junk) => {
      expect(exceptionFor(url, `${junk},registry.example`)).toBeDefined();
    }),
  );
});
