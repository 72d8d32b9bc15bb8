import { describe, expect, test } from "vitest";
import { leadsInward, zoneOf } from "./host-zone.js";

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
])("%s is %s", (host, zone) => {
  expect(zoneOf(hostname(host))).toBe(zone);
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

test.each([
  ["198.18.0.1", "private"],
  ["198.20.0.1", "public"],
  ["100.128.0.1", "public"],
  ["169.253.0.1", "public"],
  ["0.1.2.3", "loopback"],
  ["[fe00::1]", "public"],
  ["[fec0::1]", "public"],
  ["[::2]", "public"],
  ["[::ffff:8.8.8.8]", "public"],
  ["box.lan", "private"],
  ["box.home.arpa", "private"],
  ["box.internal.", "private"],
  ["local.example.com", "public"],
])("%s is %s, too", (host, zone) => {
  expect(zoneOf(hostname(host))).toBe(zone);
});

test("a host's case says nothing", () => {
  expect(["LocalHost", "A.LOCALHOST", "Metadata.Google.Internal", "NAS.Local"].map(zoneOf)).toEqual([
    "loopback",
    "loopback",
    "link-local",
    "private",
  ]);
});
