import type { Readable, Writable } from "node:stream";

/**
 * Everything that the command touches outside of files and the network: a test gives its own. All of it stays the
 * caller's.
 */
export interface Io {
  /** Read for passwords, answers and keys only. The command pauses it when it has read, and leaves it open. */
  readonly stdin: Readable;
  /** Gets the result. Success is only reported when all of it was taken; it is left open. */
  readonly stdout: Writable & { readonly isTTY?: boolean };
  /** Gets messages, progress and questions; it is left open. */
  readonly stderr: Writable & { readonly isTTY?: boolean; readonly columns?: number };
  /** The variables that the command knows, and the registries' libraries below it. Nothing is written to it. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Where `~` is. Undefined where nobody knows: in containers, with a user that passwd does not have. */
  readonly homeDirectory: string | undefined;
  /** Milliseconds since any moment. Default: the process's own clock. */
  readonly now?: () => number;
  /** Aborted by Ctrl-C and the like. */
  readonly signal: AbortSignal;
}
