import { FormatError } from "../errors.js";

/** The stream is not what tar programs agree about: nothing after this point is believed. */
export function invalidTar(why: string, path?: string): FormatError {
  const about = path === undefined ? "The tar stream" : `The tar stream's ${JSON.stringify(path)}`;
  return new FormatError("InvalidTar", `${about} ${why}`, { path });
}
