/** Something is not the DER that was expected. Whoever parses turns it into an error that says what of. */
export class DerError extends Error {}

export const derTags = { integer: 0x02, octetString: 0x04, oid: 0x06, sequence: 0x30 } as const;

/**
 * One element of DER (X.690). Definite, shortest lengths of at most three octets and tags of one octet only: that is all
 * that keys and certificates need, and no other reader sees it differently.
 */
export interface DerElement {
  readonly tag: number;
  readonly content: Uint8Array;
}

/** The elements that fill these bytes exactly. */
export function derElements(bytes: Uint8Array): readonly DerElement[] {
  const elements: DerElement[] = [];
  let at = 0;
  while (at < bytes.length) {
    const { element, next } = elementAt(bytes, at);
    elements.push(element);
    at = next;
  }
  return elements;
}

/** The only element of these bytes. */
export function derElement(bytes: Uint8Array, tag: number): DerElement {
  const [element, ...rest] = derElements(bytes);
  if (element === undefined || rest.length > 0 || element.tag !== tag) {
    throw new DerError(`expected nothing but tag ${String(tag)}`);
  }
  return element;
}

/** Reads the elements one after the other, where each says what may follow it. */
export class DerReader {
  readonly #bytes: Uint8Array;
  #offset = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get isAtEnd(): boolean {
    return this.#offset === this.#bytes.length;
  }

  /** The content of the next value, which has to have this tag. */
  read(tag: number): Uint8Array {
    const { element, next } = elementAt(this.#bytes, this.#offset);
    if (element.tag !== tag) throw new DerError(`expected tag ${String(tag)}`);
    this.#offset = next;
    return element.content;
  }

  /** The values inside of the next value, a SEQUENCE. */
  sequence(): DerReader {
    return new DerReader(this.read(derTags.sequence));
  }

  /** A dotted object identifier. */
  oid(): string {
    const content = this.read(derTags.oid);
    const arcs: number[] = [];
    let arc = 0;
    for (const byte of content) {
      arc = arc * 128 + (byte & 127);
      if (arc > 2 ** 31) throw new DerError("arc of an object identifier is too large");
      if (byte < 128) {
        arcs.push(arc);
        arc = 0;
      }
    }
    const [first = 0, ...rest] = arcs;
    const root = Math.min(Math.floor(first / 40), 2);
    return [root, first - root * 40, ...rest].join(".");
  }

  /** A non-negative INTEGER; one that is too large for exact arithmetic is infinite, which no limit lets pass. */
  integer(): number {
    const content = this.read(derTags.integer);
    const [first] = content;
    if (first === undefined || first > 127) throw new DerError("expected a non-negative integer");
    if (content.length > 6) return Number.POSITIVE_INFINITY;
    return content.reduce((value, byte) => value * 256 + byte, 0);
  }
}

function elementAt(bytes: Uint8Array, at: number): { readonly element: DerElement; readonly next: number } {
  const tag = octetAt(bytes, at);
  if ((tag & 0x1f) === 0x1f) throw new DerError("tag has more than one octet");
  const first = octetAt(bytes, at + 1);
  let length = first;
  let start = at + 2;
  if (first >= 0x80) {
    const count = first & 0x7f;
    if (count === 0 || count > 3) throw new DerError("length is not definite, or too long");
    length = 0;
    for (let index = 0; index < count; index++) length = length * 256 + octetAt(bytes, start + index);
    start += count;
    if (length < 0x80 || length < 256 ** (count - 1))
      throw new DerError("length is not in its shortest form");
  }
  const next = start + length;
  if (next > bytes.length) throw new DerError("value is longer than its container");
  return { element: { tag, content: bytes.subarray(start, next) }, next };
}

function octetAt(bytes: Uint8Array, at: number): number {
  const octet = bytes[at];
  if (octet === undefined) throw new DerError("value ends early");
  return octet;
}
