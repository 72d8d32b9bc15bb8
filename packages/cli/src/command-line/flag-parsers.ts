import { InvalidArgumentError } from "commander";

export function wholeNumber(text: string): number {
  if (!/^-?\d{1,15}$/u.test(text)) throw new InvalidArgumentError("It has to be a whole number.");
  return Number(text);
}

export function positiveNumber(text: string): number {
  const number = wholeNumber(text);
  if (number < 1) throw new InvalidArgumentError("It is 1 or more.");
  return number;
}

export function portNumber(text: string): number {
  const port = wholeNumber(text);
  if (port < 0 || port > 65_535) throw new InvalidArgumentError("It is a number from 0 to 65535.");
  return port;
}

/** Bytes of a file as in HTTP: both ends included, without a last one up to the end, or so many of the end. */
export type ByteRangeFlag =
  { readonly first: number; readonly last: number | undefined } | { readonly suffix: number };

export function byteRange(text: string): ByteRangeFlag {
  const [, first = "", last = ""] = /^(\d{0,15})-(\d{0,15})$/u.exec(text) ?? [];
  const isNone = first === "" ? Number(last) === 0 : last !== "" && Number(last) < Number(first);
  if (isNone) {
    throw new InvalidArgumentError(
      "It reads FIRST-LAST, as in 0-99, or FIRST- up to the end, or -COUNT for the end.",
    );
  }
  if (first === "") return { suffix: Number(last) };
  return { first: Number(first), last: last === "" ? undefined : Number(last) };
}

/** For a flag that may be repeated. */
export function collect(value: string, previous: readonly string[] = []): readonly string[] {
  return [...previous, value];
}

/** A media type, as RFC 6838 writes them. */
export function artifactType(text: string): string {
  if (!/^[\w!#$&^.+-]{1,127}\/[\w!#$&^.+-]{1,127}$/u.test(text)) {
    throw new InvalidArgumentError("It reads TYPE/SUBTYPE, as in application/vnd.in-toto+json.");
  }
  return text;
}
