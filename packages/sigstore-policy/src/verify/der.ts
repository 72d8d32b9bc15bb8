import { Refusal } from "./refusal.js";

/** One element of DER: X.690 with definite, shortest lengths and tags of one byte, which is all that certificates need. */
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
    throw new Refusal("the certificate has an extension that is not DER");
  }
  return element;
}

function elementAt(bytes: Uint8Array, at: number): { element: DerElement; next: number } {
  const tag = bytes[at];
  const first = bytes[at + 1];
  if (tag === undefined || first === undefined || (tag & 0x1f) === 0x1f) throw malformed();
  let length = first;
  let start = at + 2;
  if (first >= 0x80) {
    const count = first & 0x7f;
    if (count === 0 || count > 3) throw malformed();
    length = 0;
    for (let index = 0; index < count; index++) length = length * 256 + (bytes[start + index] ?? 0);
    start += count;
    if (length < 0x80 || length < 256 ** (count - 1)) throw malformed();
  }
  const end = start + length;
  if (end > bytes.length) throw malformed();
  return { element: { tag, content: bytes.subarray(start, end) }, next: end };
}

function malformed(): Refusal {
  return new Refusal("the certificate is not DER");
}
