import type { TestRegistry } from "@blob/testing";
import type { RunOptions } from "../run-blob.js";

/** Where a situation takes place: a registry and a directory of its own. */
export interface World {
  /** A directory with `site/`, an archive to be, with two files in it. */
  readonly work: string;
  readonly registry: TestRegistry;
  /** The registry's host, without TLS. */
  readonly host: string;
  /** A reference there: nothing is pushed to it yet. */
  readonly reference: string;
  /** Pushes `site/` to the reference. */
  readonly push: () => Promise<void>;
  /** Writes a file below the directory, and returns its path. */
  readonly write: (name: string, content: string | Uint8Array) => Promise<string>;
  /** What has to be ended. */
  readonly onEnd: (end: () => unknown) => void;
}

/** What somebody types, and around it. */
export interface Typed extends RunOptions {
  readonly argv: readonly string[];
  /** Over TLS. Default: plain HTTP, by the environment. */
  readonly tls?: boolean;
  /** Names in messages that differ from run to run, and what the table says instead. */
  readonly names?: Readonly<Record<string, string>>;
}

/** Something that goes wrong, and what the command has to say about it. */
export interface Situation {
  readonly name: string;
  /** Makes it so, and says what is typed. Undefined where this machine cannot, which it says. */
  readonly typed: (world: World) => Typed | undefined | Promise<Typed | undefined>;
  readonly exit: number;
  /** The first line. HOST stands for the registry, WORK for the directory, DIGEST for any digest, PORT for any port. */
  readonly line: string;
  /** Without `hint: `; undefined when there is none. */
  readonly hint: string | undefined;
  /** What is said beside these. */
  readonly also?: RegExp;
}

/** Refuses everything so. */
export function refusing(
  { registry }: World,
  status: number,
  body: string,
  headers: Readonly<Record<string, string>> = {},
): void {
  registry.quirks.fail = { status, times: 1000, body, headers: { ...headers } };
}

/** What registries answer, by the specification. */
export function complaint(code: string, message: string): string {
  return JSON.stringify({ errors: [{ code, message }] });
}
