import { DerError, derElement, derElements, type DerElement } from "../der/der-reader.js";
import { Refusal } from "./refusal.js";

/** What a Fulcio certificate says about its holder (sigstore/fulcio, oid-info.md). All of it comes from the issuer. */
export interface CertificateClaims {
  /** Who vouched for the identity. */
  readonly issuer: string;
  /** The subject alternative name: an e-mail address or a URI. */
  readonly subject: string;
  /** The workflow that built, with its ref: `https://github.com/acme/site/.github/workflows/release.yml@refs/heads/main`. */
  readonly buildSignerUri?: string | undefined;
  /** The repository that it ran for, such as `https://github.com/acme/site`. */
  readonly sourceRepositoryUri?: string | undefined;
  readonly sourceRepositoryDigest?: string | undefined;
  /** Such as `refs/heads/main`. */
  readonly sourceRepositoryRef?: string | undefined;
  readonly sourceRepositoryId?: string | undefined;
  readonly sourceRepositoryOwnerId?: string | undefined;
  /** The workflow that was started; another one than `buildSignerUri` when it calls a reusable workflow. */
  readonly buildConfigUri?: string | undefined;
  /** The event that started it, such as `push`. */
  readonly buildTrigger?: string | undefined;
  readonly runnerEnvironment?: string | undefined;
  readonly runInvocationUri?: string | undefined;
}

const boolean = 0x01;
const bitString = 0x03;
const octetString = 0x04;
const objectId = 0x06;
const utf8String = 0x0c;
const sequence = 0x30;
const extensionsTag = 0xa3;

/** Object identifiers as their DER content in hexadecimal: decoding them to numbers could only lose something. */
const keyUsage = "551d0f";
const subjectAltName = "551d11";
const basicConstraints = "551d13";
const extendedKeyUsage = "551d25";
const codeSigning = "2b06010505070303";
const fulcio = "2b0601040183bf3001";
const understood: readonly string[] = [keyUsage, subjectAltName, basicConstraints, extendedKeyUsage];

/**
 * The claims of a certificate that signs code. The certificate's signature is not looked at here.
 *
 * Strict where the library that checks the chain is not: no extension twice, none critical that is not understood, the
 * usages that signing needs, exactly one name, and text that is UTF-8 in DER.
 */
export function certificateClaims(certificate: Uint8Array): CertificateClaims {
  try {
    return readClaims(certificate);
  } catch (error) {
    if (!(error instanceof DerError)) throw error;
    throw new Refusal(`the certificate is not DER: ${error.message}`);
  }
}

function readClaims(certificate: Uint8Array): CertificateClaims {
  const extensions = extensionsOf(certificate);
  checkUsage(extensions);
  return {
    issuer: issuerOf(extensions),
    subject: subjectOf(extensions),
    buildSignerUri: claim(extensions, 9),
    runnerEnvironment: claim(extensions, 11),
    sourceRepositoryUri: claim(extensions, 12),
    sourceRepositoryDigest: claim(extensions, 13),
    sourceRepositoryRef: claim(extensions, 14),
    sourceRepositoryId: claim(extensions, 15),
    sourceRepositoryOwnerId: claim(extensions, 17),
    buildConfigUri: claim(extensions, 18),
    buildTrigger: claim(extensions, 20),
    runInvocationUri: claim(extensions, 21),
  };
}

type Extensions = ReadonlyMap<string, Uint8Array>;

function extensionsOf(certificate: Uint8Array): Extensions {
  const [tbs] = derElements(derElement(certificate, sequence).content);
  const wrapped =
    tbs === undefined ? [] : derElements(tbs.content).filter(({ tag }) => tag === extensionsTag);
  const [only, ...others] = wrapped;
  if (only === undefined || others.length > 0) throw new Refusal("the certificate has no extensions");
  const found = new Map<string, Uint8Array>();
  for (const extension of derElements(derElement(only.content, sequence).content)) {
    const { id, critical, value } = readExtension(extension);
    if (found.has(id)) throw new Refusal("the certificate has an extension twice");
    if (critical && !understood.includes(id))
      throw new Refusal("the certificate has an unknown critical extension");
    found.set(id, value);
  }
  return found;
}

function readExtension({ tag, content }: DerElement): { id: string; critical: boolean; value: Uint8Array } {
  const parts = derElements(content);
  const [id] = parts;
  const value = parts.at(-1);
  const flag = parts.length === 3 ? parts[1] : undefined;
  if (
    tag !== sequence ||
    parts.length < 2 ||
    parts.length > 3 ||
    id?.tag !== objectId ||
    value?.tag !== octetString ||
    (flag !== undefined && (flag.tag !== boolean || flag.content.length !== 1))
  ) {
    throw new Refusal("the certificate has a malformed extension");
  }
  return { id: hex(id.content), critical: flag !== undefined && flag.content[0] !== 0, value: value.content };
}

function checkUsage(extensions: Extensions): void {
  const extended = extensions.get(extendedKeyUsage);
  const purposes = extended === undefined ? [] : derElements(derElement(extended, sequence).content);
  if (!purposes.some(({ tag, content }) => tag === objectId && hex(content) === codeSigning)) {
    throw new Refusal("the certificate is not for signing code");
  }
  const usage = extensions.get(keyUsage);
  if (usage !== undefined && ((derElement(usage, bitString).content[1] ?? 0) & 0x80) === 0) {
    throw new Refusal("the certificate's key is not for signatures");
  }
  const constraints = extensions.get(basicConstraints);
  const [ca] = constraints === undefined ? [] : derElements(derElement(constraints, sequence).content);
  if (ca?.tag === boolean && ca.content[0] !== 0)
    throw new Refusal("the certificate is that of an authority");
}

function issuerOf(extensions: Extensions): string {
  const old = extensions.get(`${fulcio}01`);
  const raw = old === undefined ? undefined : utf8(old);
  const issuer = claim(extensions, 8) ?? raw;
  if (issuer === undefined) throw new Refusal("the certificate does not say who vouched for the identity");
  if (raw !== undefined && raw !== issuer) throw new Refusal("the certificate names two issuers");
  return issuer;
}

function subjectOf(extensions: Extensions): string {
  const value = extensions.get(subjectAltName);
  const names = value === undefined ? [] : derElements(derElement(value, sequence).content);
  const [name, ...others] = names;
  if (name === undefined || others.length > 0)
    throw new Refusal("the certificate has not exactly one subject");
  // rfc822Name and uniformResourceIdentifier (RFC 5280, 4.2.1.6); the otherName of Fulcio's user names.
  if (name.tag === 0x81 || name.tag === 0x86) return utf8(name.content);
  const [id, wrapped] = name.tag === 0xa0 ? derElements(name.content) : [];
  if (id?.tag === objectId && hex(id.content) === `${fulcio}07` && wrapped?.tag === 0xa0) {
    return utf8(derElement(wrapped.content, utf8String).content);
  }
  throw new Refusal("the certificate has a subject of an unknown kind");
}

/** A claim in an extension below 1.3.6.1.4.1.57264.1, from the eighth on: a UTF8String. */
function claim(extensions: Extensions, last: number): string | undefined {
  const value = extensions.get(`${fulcio}${last.toString(16).padStart(2, "0")}`);
  return value === undefined ? undefined : utf8(derElement(value, utf8String).content);
}

function utf8(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new Refusal("the certificate has a text that is not UTF-8");
  }
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}
