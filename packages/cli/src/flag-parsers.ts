import { InvalidArgumentError } from "commander";

export function wholeNumber(text: string): number {
  if (!/^-?\d{1,15}$/u.test(text)) throw new InvalidArgumentError("It has to be a whole number.");
  return Number(text);
}

export function portNumber(text: string): number {
  const port = wholeNumber(text);
  if (port < 0 || port > 65_535) throw new InvalidArgumentError("It is a number from 0 to 65535.");
  return port;
}

/** For a flag that may be repeated. */
export function collect(value: string, previous: readonly string[] = []): readonly string[] {
  return [...previous, value];
}
