import { readdirSync } from "node:fs";
import path from "node:path";
import type { Io } from "../io.js";
import { readText } from "./read-file.js";

/** Authorities of the environment, and what could not be read. */
export interface EnvironmentAuthorities {
  /** PEM text; undefined when there are none. */
  readonly ca: string | undefined;
  /** The variables with what they name. */
  readonly sources: readonly string[];
  /** What could not be read, and why. */
  readonly unreadable: readonly string[];
}

/** The most certificates of a directory that are read: systems have some 150, and a link to each. */
const maxFiles = 1000;

/**
 * The certificates that `SSL_CERT_FILE` (a file) and `SSL_CERT_DIR` (directories, separated by colons) name, as OpenSSL and
 * Go read them. Here they are trusted beside those that Node trusts, and not instead of them. `NODE_EXTRA_CA_CERTS` is
 * read by Node itself.
 */
export function environmentAuthorities({ env }: Pick<Io, "env">): EnvironmentAuthorities {
  const [found, sources, unreadable]: [string[], string[], string[]] = [[], [], []];
  const take = (variable: string, place: string, read: () => readonly string[]): void => {
    try {
      found.push(...read());
      sources.push(`${variable}=${place}`);
    } catch (error) {
      unreadable.push(`${variable}: ${error instanceof Error ? error.message : String(error)}`);
    }
  };
  const { SSL_CERT_FILE: file = "", SSL_CERT_DIR: directories = "" } = env;
  if (file !== "") take("SSL_CERT_FILE", file, () => [readText(file)]);
  for (const directory of directories.split(path.delimiter)) {
    if (directory === "") continue;
    take("SSL_CERT_DIR", directory, () => certificatesIn(directory));
  }
  return { ca: found.length === 0 ? undefined : found.join("\n"), sources, unreadable };
}

/** A directory has each certificate twice: by name, and as a link by its hash. */
function certificatesIn(directory: string): readonly string[] {
  const texts = new Set<string>();
  const names = readdirSync(directory).filter((name) => /\.(?:pem|crt|cer|\d+)$/u.test(name));
  for (const name of names.slice(0, maxFiles)) {
    const text = readText(path.join(directory, name));
    if (text.includes("-----BEGIN CERTIFICATE-----")) texts.add(text);
  }
  return [...texts];
}
