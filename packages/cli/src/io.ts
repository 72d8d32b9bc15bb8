import type { Readable, Writable } from "node:stream";

/** Everything that the command touches outside of files and the network: a test gives its own. */
export interface Io {
  readonly stdin: Readable;
  readonly stdout: Writable & { readonly isTTY?: boolean };
  readonly stderr: Writable & { readonly isTTY?: boolean; readonly columns?: number };
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Where `~` is. Undefined where nobody knows: in containers, with a user that passwd does not have. */
  readonly homeDirectory: string | undefined;
  /** Milliseconds since any moment. Default: the process's own clock. */
  readonly now?: () => number;
  /** Aborted by Ctrl-C and the like. */
  readonly signal: AbortSignal;
}
