import { describe, expect, test } from "vitest";
import type { Der } from "../der/der-writer.js";
import {
  boolean,
  element,
  explicit,
  implicit,
  integer,
  objectIdentifier,
  octetString,
  sequence,
  utf8String,
} from "../der/der-writer.js";
import { certificateClaims } from "./certificate-claims.js";

// Only what is looked at: whoever asks for claims has checked the signature, and these certificates have none.
const oids = {
  keyUsage: "2.5.29.15",
  subject: "2.5.29.17",
  constraints: "2.5.29.19",
  purposes: "2.5.29.37",
  oldIssuer: "1.3.6.1.4.1.57264.1.1",
  issuer: "1.3.6.1.4.1.57264.1.8",
  unknown: "1.2.3.4",
} as const;
const codeSigning = objectIdentifier("1.3.6.1.5.5.7.3.3");
const serverAuthentication = objectIdentifier("1.3.6.1.5.5.7.3.1");

function extension(oid: string, value: Der, critical?: Der): Der {
  return sequence(objectIdentifier(oid), ...(critical === undefined ? [] : [critical]), octetString(value));
}

const purposes = extension(oids.purposes, sequence(codeSigning));
const email = implicit(1, Buffer.from("dev@example.com"));
const subject = extension(oids.subject, sequence(email), boolean(true));
const issuer = extension(oids.issuer, utf8String("https://accounts.example.com"));
const usual = [purposes, subject, issuer];

const wrapped = (...extensions: readonly Der[]): Der => explicit(3, sequence(...extensions));
const certificate = (...parts: readonly Der[]): Der => sequence(sequence(integer(1), ...parts), sequence());
const claimsOf = (...extensions: readonly Der[]): ReturnType<typeof certificateClaims> =>
  certificateClaims(certificate(wrapped(...extensions)));

const usage = (...bits: readonly number[]): Der => element(0x03, Uint8Array.from(bits));
const critical = boolean(true);

test("issuer and subject are enough", () => {
  expect(claimsOf(...usual)).toMatchObject({
    issuer: "https://accounts.example.com",
    subject: "dev@example.com",
  });
});

describe("critical extensions", () => {
  test("one that is not known is refused", () => {
    expect(() => claimsOf(...usual, extension(oids.unknown, sequence(), critical))).toThrow(
      "unknown critical",
    );
    expect(() =>
      claimsOf(...usual, extension(oids.unknown, sequence(), element(0x01, Uint8Array.of(1)))),
    ).toThrow("unknown critical");
  });

  test("one that is not critical, or says that it is not, may be unknown", () => {
    expect(claimsOf(...usual, extension(oids.unknown, sequence())).subject).toBe("dev@example.com");
    expect(claimsOf(...usual, extension(oids.unknown, sequence(), boolean(false))).subject).toBe(
      "dev@example.com",
    );
  });

  test("all that are understood may be", () => {
    const all = [
      extension(oids.purposes, sequence(codeSigning), critical),
      subject,
      issuer,
      extension(oids.keyUsage, usage(7, 0x80), critical),
      extension(oids.constraints, sequence(), critical),
    ];
    expect(claimsOf(...all).subject).toBe("dev@example.com");
  });
});

describe("what extensions are in", () => {
  const refused = (bytes: Der): void => expect(() => certificateClaims(bytes)).toThrow("no extensions");

  test("a certificate of nothing, or without extensions, is refused", () => {
    refused(sequence());
    refused(certificate());
    // Nor does another field pass for them.
    refused(certificate(explicit(2, sequence(...usual))));
  });

  test("two lists of extensions are refused, whichever is read", () => {
    refused(certificate(wrapped(...usual), wrapped(...usual)));
  });

  test("an extension twice is refused", () => {
    expect(() => claimsOf(...usual, issuer)).toThrow("twice");
  });

  const id = objectIdentifier(oids.unknown);
  const value = octetString(sequence());
  test.each([
    ["no sequence", element(0x31, id, value)],
    ["only an identifier", sequence(id)],
    ["only a value", sequence(value)],
    ["a fourth part", sequence(id, boolean(false), octetString(sequence()), value)],
    ["an identifier of another type", sequence(octetString(Uint8Array.of(1)), value)],
    ["a value of another type", sequence(id, utf8String("text"))],
    ["a flag of another type", sequence(id, integer(0), value)],
    ["a flag without content", sequence(id, element(0x01), value)],
    ["a flag of two bytes", sequence(id, element(0x01, Uint8Array.of(0, 0)), value)],
  ])("an extension with %s is refused", (_what, malformed) => {
    expect(() => claimsOf(...usual, malformed)).toThrow("malformed extension");
  });
});

describe("what the certificate is for", () => {
  const without = (dropped: Der, ...more: readonly Der[]): (() => unknown) => {
    const rest = usual.filter((one) => one !== dropped);
    return () => claimsOf(...rest, ...more);
  };

  test("code signing, among other purposes, and no likeness of it", () => {
    const both = extension(oids.purposes, sequence(serverAuthentication, codeSigning));
    expect(without(purposes, both)()).toMatchObject({ subject: "dev@example.com" });
    const likeness = element(0x04, codeSigning.subarray(2));
    for (const others of [sequence(), sequence(serverAuthentication), sequence(likeness)]) {
      expect(without(purposes, extension(oids.purposes, others))).toThrow("not for signing code");
    }
    expect(without(purposes)).toThrow("not for signing code");
  });

  test("a key that may not make signatures is refused", () => {
    expect(() => claimsOf(...usual, extension(oids.keyUsage, usage(7, 0x80)))).not.toThrow();
    expect(() => claimsOf(...usual, extension(oids.keyUsage, usage(0, 0xff)))).not.toThrow();
    for (const bits of [[1, 0x06], [0, 0x7f], [0]]) {
      expect(() => claimsOf(...usual, extension(oids.keyUsage, usage(...bits)))).toThrow(
        "not for signatures",
      );
    }
  });

  test("an authority does not sign code", () => {
    const constraints = (...content: readonly Der[]): Der =>
      extension(oids.constraints, sequence(...content));
    for (const leaf of [constraints(), constraints(boolean(false)), constraints(integer(1))]) {
      expect(() => claimsOf(...usual, leaf)).not.toThrow();
    }
    for (const authority of [constraints(boolean(true)), constraints(element(0x01, Uint8Array.of(1)))]) {
      expect(() => claimsOf(...usual, authority)).toThrow("authority");
    }
  });
});

describe("who vouched", () => {
  const old = (text: string): Der => extension(oids.oldIssuer, Buffer.from(text));

  test("the older extension does, when it is alone or says the same", () => {
    const alone = claimsOf(purposes, subject, old("https://old.example.com"));
    expect(alone.issuer).toBe("https://old.example.com");
    expect(claimsOf(...usual, old("https://accounts.example.com")).issuer).toBe(
      "https://accounts.example.com",
    );
  });

  test("two issuers, or none, are refused", () => {
    expect(() => claimsOf(...usual, old("https://other.example.com"))).toThrow("two issuers");
    expect(() => claimsOf(purposes, subject)).toThrow("who vouched");
  });

  test("text that is not UTF-8 is refused, and a byte order mark is part of it", () => {
    expect(() => claimsOf(purposes, subject, extension(oids.oldIssuer, Uint8Array.of(0xff)))).toThrow(
      "UTF-8",
    );
    const marked = claimsOf(purposes, subject, old("\uFEFFhttps://old.example.com"));
    expect(marked.issuer).toBe("\uFEFFhttps://old.example.com");
  });

  test("a claim that is no UTF8String is refused", () => {
    expect(() => claimsOf(purposes, subject, extension(oids.issuer, octetString(Buffer.from("it"))))).toThrow(
      "not DER",
    );
  });
});

describe("who it is", () => {
  const named = (...names: readonly Der[]): (() => string) => {
    const one = extension(oids.subject, sequence(...names), critical);
    return () => claimsOf(purposes, issuer, one).subject;
  };
  const otherName = (oid: string, text: Der): Der =>
    explicit(0, Buffer.concat([objectIdentifier(oid), text]));

  test("an e-mail address, a URI or a user name of Fulcio", () => {
    expect(named(email)()).toBe("dev@example.com");
    expect(named(implicit(6, Buffer.from("https://example.com/it")))()).toBe("https://example.com/it");
    expect(named(otherName("1.3.6.1.4.1.57264.1.7", explicit(0, utf8String("dev!example.com"))))()).toBe(
      "dev!example.com",
    );
  });

  test("exactly one", () => {
    expect(named()).toThrow("exactly one subject");
    expect(named(email, email)).toThrow("exactly one subject");
    expect(() => claimsOf(purposes, issuer)).toThrow("exactly one subject");
  });

  test.each([
    ["a host name", implicit(2, Buffer.from("example.com"))],
    ["another other name", otherName("1.2.3", explicit(0, utf8String("it")))],
    ["a user name without its identifier", explicit(0, explicit(0, utf8String("it")))],
    [
      "a user name with an identifier of another type",
      explicit(
        0,
        Buffer.concat([
          element(0x04, objectIdentifier("1.3.6.1.4.1.57264.1.7").subarray(2)),
          explicit(0, utf8String("it")),
        ]),
      ),
    ],
    ["a user name that is not wrapped", otherName("1.3.6.1.4.1.57264.1.7", utf8String("it"))],
    ["a user name that is missing", otherName("1.3.6.1.4.1.57264.1.7", Buffer.alloc(0))],
  ])("%s is refused", (_what, name) => {
    expect(named(name)).toThrow("unknown kind");
  });
});
