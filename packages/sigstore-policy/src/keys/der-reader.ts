/** Something is not the DER that was expected. Whoever parses turns it into an error that says what of. */
export class DerError extends Error {}

export const derTags = { integer: 0x02, octetString: 0x04, oid: 0x06, sequence: 0x30 } as const;

/** Reads DER values (X.690) one after the other. Definite, shortest lengths only: no other reader sees it differently. */
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
    if (this.#byte() !== tag) throw new DerError(`expected tag ${tag}`);
    const length = this.#length();
    const start = this.#offset;
    if (length > this.#bytes.length - start) throw new DerError("value is longer than its container");
    this.#offset = start + length;
    return this.#bytes.subarray(start, this.#offset);
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

  #length(): number {
    const first = this.#byte();
    if (first < 128) return first;
    const count = first & 127;
    if (count === 0 || count > 4) throw new DerError("length is not definite");
    let length = 0;
    for (let index = 0; index < count; index += 1) length = length * 256 + this.#byte();
    if (length < 128 || length < 256 ** (count - 1)) throw new DerError("length is not in its shortest form");
    return length;
  }

  #byte(): number {
    const byte = this.#bytes[this.#offset];
    if (byte === undefined) throw new DerError("value ends early");
    this.#offset += 1;
    return byte;
  }
}
