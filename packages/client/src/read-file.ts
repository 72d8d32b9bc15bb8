import type { Archive, ReadOptions } from "@blob/format";
import { ClientError } from "./errors.js";

/**
 * `readFile` of an archive, with and without an encoding, over what reads the bytes: archives are wrapped more than once,
 * and text is made by the outermost.
 */
export function readFileBy(
  readBytes: (path: string, options: ReadOptions) => Promise<Uint8Array>,
): Archive["readFile"] {
  async function readFile(path: string, options?: ReadOptions): Promise<Uint8Array>;
  async function readFile(path: string, encoding: "utf8", options?: ReadOptions): Promise<string>;
  async function readFile(
    path: string,
    encoding: ReadOptions | "utf8" = {},
    options: ReadOptions = {},
  ): Promise<Uint8Array | string> {
    if (typeof encoding !== "string") return readBytes(path, encoding);
    checkEncoding(encoding);
    return new TextDecoder("utf-8", { ignoreBOM: true }).decode(await readBytes(path, options));
  }
  return readFile;
}

/** Of callers without types: bytes must not be what they get instead of the text that they asked for. */
function checkEncoding(encoding: string): void {
  if (encoding === "utf8") return;
  const message = `readFile: the encoding must be "utf8", not ${JSON.stringify(encoding.slice(0, 100))}; without one it gives bytes`;
  throw new ClientError("InvalidArgument", message);
}
