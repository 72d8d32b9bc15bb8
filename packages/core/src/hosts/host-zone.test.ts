import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isLoopbackAddress, isLoopbackHost, leadsInward, zoneOf } from "./host-zone.js";

const hostname = (host: string): string => new URL(`http://${host}/`).hostname;

test.each([
  ["ghcr.io", "public"],
  ["8.8.8.8", "public"],
  ["[2606:4700::1111]", "public"],
  ["172.32.0.1", "public"],
  ["10.1.2.3", "private"],
  ["172.16.0.1", "private"],
  ["192.168.0.1", "private"],
  ["100.64.0.1", "private"],
  ["[fd00::1]", "private"],
  ["[::ffff:10.0.0.1]", "private"],
  ["registry", "private"],
  ["minio.corp.internal", "private"],
  ["nas.local", "private"],
  ["169.254.169.254", "link-local"],
  ["[fe80::1]", "link-local"],
  ["metadata.google.internal", "link-local"],
  ["[::ffff:169.254.169.254]", "link-local"],
  ["[64:ff9b::a9fe:a9fe]", "link-local"],
  ["localhost", "loopback"],
  ["LOCALHOST.", "loopback"],
  ["a.localhost", "loopback"],
  ["127.0.0.1", "loopback"],
  ["127.1", "loopback"],
  ["2130706433", "loopback"],
  ["0x7f.0.0.1", "loopback"],
  ["0177.0.0.1", "loopback"],
  ["0.0.0.0", "loopback"],
  ["[::1]", "loopback"],
  ["[::]", "loopback"],
  ["[::ffff:127.0.0.1]", "loopback"],
  // Names.
  ["localhost.localdomain", "loopback"],
  ["machine.localdomain", "private"],
  ["wiki.intranet", "private"],
  ["router.lan", "private"],
  ["nas.home.arpa", "private"],
  ["registry.default.svc", "private"],
  ["registry.default.svc.cluster.local", "private"],
  ["registry.corp", "private"],
  ["NAS.LOCAL.", "private"],
  ["local.example.com", "public"],
  ["auth.internal.example.com", "public"],
  ["notlocal.xlan", "public"],
  // Every reserved IPv4 network, at both ends.
  ...[
    "100.127.255.255",
    "172.31.255.255",
    "192.0.0.0",
    "192.0.0.255",
    "192.0.2.1",
    "192.88.99.1",
    "198.18.0.0",
    "198.19.255.255",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "239.255.255.255",
    "240.0.0.1",
    "255.255.255.255",
  ].map((address) => [address, "private"] as const),
  ...[
    "9.255.255.255",
    "11.0.0.0",
    "100.63.255.255",
    "100.128.0.0",
    "172.15.255.255",
    "192.0.1.0",
    "192.167.255.255",
    "198.17.255.255",
    "198.20.0.0",
    "223.255.255.255",
  ].map((address) => [address, "public"] as const),
  // Where clouds keep the credentials of their machines.
  ["168.63.129.16", "link-local"],
  ["100.100.100.200", "link-local"],
  ["192.0.0.192", "link-local"],
  ["[fd00:ec2::254]", "link-local"],
  // IPv6.
  ["[febf::1]", "link-local"],
  ["[fec0::1]", "private"],
  ["[ff02::1]", "private"],
  ["[100::1]", "private"],
  ["[5f00::1]", "private"],
  ["[2001:db8::1]", "private"],
  ["[3fff::1]", "private"],
  ["[2001::1]", "private"],
  ["[2a00:1450:4001::1]", "public"],
  // An IPv4 address in another.
  ["[::10.0.0.1]", "private"],
  ["[::8.8.8.8]", "public"],
  ["[2a00::ffff:7f00:1]", "public"],
  ["[::ffff:8.8.8.8]", "public"],
  ["[::ffff:0:127.0.0.1]", "loopback"],
  ["[64:ff9b::808:808]", "public"],
  ["[64:ff9b::7f00:1]", "loopback"],
  ["[64:ff9b:1::808:808]", "private"],
  ["[64:ff9b:1::a9fe:a9fe]", "link-local"],
  ["[2002:7f00:1::]", "loopback"],
  ["[2002:a00:1::1]", "private"],
  ["[2002:a9fe:a9fe::1]", "link-local"],
  ["[2002:808:808::1]", "public"],
] as const)("%s is %s", (host, zone) => {
  expect(zoneOf(hostname(host))).toBe(zone);
});

test.each([
  ["LOCALHOST", "loopback"],
  ["NAS.Local.", "private"],
  ["FE80::1%eth0", "link-local"],
] as const)("%s, which no URL has written, is %s", (host, zone) => {
  expect(zoneOf(host)).toBe(zone);
});

describe("a server may lead outwards and sideways, never inwards", () => {
  test.each([
    ["ghcr.io", "cdn.example.com", false],
    ["ghcr.io", "10.0.0.1", true],
    ["ghcr.io", "127.0.0.1", true],
    ["ghcr.io", "169.254.169.254", true],
    ["10.0.0.1", "10.0.0.2", false],
    ["10.0.0.1", "cdn.example.com", false],
    ["10.0.0.1", "169.254.169.254", true],
    ["10.0.0.1", "localhost", true],
    ["127.0.0.1", "127.0.0.1", false],
    ["localhost", "10.0.0.1", false],
  ])("%s → %s: %s", (from, to, inward) => {
    expect(leadsInward(from, to)).toBe(inward);
  });
});

test("an IPv4 address is in the same zone wherever it is embedded, and however it is written", () => {
  fc.assert(
    fc.property(fc.ipV4(), (address) => {
      const zone = zoneOf(address);
      const [a = 0, b = 0, c = 0, d = 0] = address.split(".").map(Number);
      const hex = `${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`;
      const spellings = [
        `::ffff:${address}`,
        `::FFFF:${hex}`,
        `0:0:0:0:0:ffff:${hex}`,
        `::ffff:0:${hex}`,
        `64:ff9b::${hex}`,
        `2002:${hex}::1`,
      ];
      for (const spelling of spellings) {
        expect([spelling, zoneOf(spelling), zoneOf(hostname(`[${spelling}]`))]).toEqual([
          spelling,
          zone,
          zone,
        ]);
      }
      expect(zoneOf(hostname(String(((a * 256 + b) * 256 + c) * 256 + d)))).toBe(zone);
    }),
  );
});

test("every IPv6 address that is not given out is inside", () => {
  fc.assert(
    fc.property(fc.ipV6(), (address) => {
      const { hostname: written } = new URL(`http://[${address}]/`);
      const isGivenOut = /^\[[23][0-9a-f]{3}:/u.test(written) || /^\[(?:64:ff9b:|::)/u.test(written);
      if (!isGivenOut) expect(zoneOf(address)).not.toBe("public");
    }),
  );
});

test.each([
  ["127.0.0.1", true],
  ["127.255.0.1", true],
  ["[::1]", true],
  ["0.0.0.0", false],
  ["localhost", false],
  ["127.0.0.1.example.com", false],
  ["10.0.0.1", false],
])("%s is an address that only this machine answers at: %s", (name, expected) => {
  expect(isLoopbackAddress(name)).toBe(expected);
});

test.each([
  ["127.0.0.1:5000", true],
  ["127.255.0.1", true],
  ["[::1]:5000", true],
  ["localhost", true],
  ["localhost:5000", true],
  ["registry.localhost:5000", true],
  ["localhost.example:5000", false],
  ["127.0.0.1.example.com", false],
  ["10.0.0.1:5000", false],
  ["registry:5000", false],
  ["not a host", false],
])("the registry %s is on this machine: %s", (host, expected) => {
  expect(isLoopbackHost(host)).toBe(expected);
});
