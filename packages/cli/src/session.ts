import type { Archive } from "@blob/format";
import type { ArchiveManifest, Client } from "@blob/client";
import type { GlobalFlags } from "./global-flags.js";
import type { Io } from "./io.js";
import type { Output } from "./output.js";
import { createOutput } from "./output.js";
import { printable } from "./printable.js";

/** An archive that a command reads, wherever it is. */
export interface OpenedArchive {
  readonly archive: Archive;
  /** As the user wrote it. */
  readonly reference: string;
  /** The reference with its digest; for a local archive the same as `reference`. */
  readonly resolved: string;
  /** A local archive has none. */
  readonly manifest: ArchiveManifest | undefined;
}

/** What one run of the command has: its streams, its client, and what has to be closed at the end. */
export interface Session {
  readonly io: Io;
  readonly output: Output;
  readonly signal: AbortSignal;
  /** Made when the first command asks for it: the HTTP stack is not loaded before. */
  client(): Promise<Client>;
  /** Opens `file:DIR`, or whatever a client can pull. Closed with the session. */
  open(reference: string): Promise<OpenedArchive>;
  close(): Promise<void>;
}

const localPrefix = "file:";

export function createSession(io: Io, flags: GlobalFlags): Session {
  const closing: (() => Promise<void>)[] = [];
  let client: Promise<Client> | undefined;
  const session: Session = {
    io,
    output: createOutput(io, flags.output, flags.quiet),
    signal: io.signal,
    client: () => (client ??= composeClient(io, flags, closing)),
    async open(reference) {
      if (reference.startsWith(localPrefix)) {
        const { openLocalArchive } = await import("@blob/format/node");
        const archive = await openLocalArchive(reference.slice(localPrefix.length));
        closing.push(() => archive.close());
        return { archive, reference, resolved: reference, manifest: undefined };
      }
      const archive = await (await session.client()).pull(reference, { signal: io.signal });
      const { manifest } = archive;
      return {
        archive,
        reference,
        resolved: resolvedReference(reference, manifest.descriptor.digest),
        manifest,
      };
    },
    async close() {
      for (const close of closing.splice(0).toReversed()) await close();
    },
  };
  return session;
}

/** The reference with the digest that it led to, so that it names the same archive for ever. */
export function resolvedReference(reference: string, digest: string): string {
  const at = reference.lastIndexOf("@");
  return `${at > 0 && reference.includes(":", at) ? reference.slice(0, at) : reference}@${digest}`;
}

async function composeClient(io: Io, flags: GlobalFlags, closing: (() => Promise<void>)[]): Promise<Client> {
  const [{ createClient }, { defaultCredentials, firstOf }, { readPassword }, { version }] =
    await Promise.all([
      import("@blob/client"),
      import("@blob/auth"),
      import("./password.js"),
      import("./version.js"),
    ]);
  const fromFiles = defaultCredentials({
    env: io.env,
    homeDirectory: io.homeDirectory,
    onWarning: (message) => io.stderr.write(`warning: ${printable(message)}\n`),
  });
  const { username } = flags;
  const credential =
    username === undefined
      ? undefined
      : ({ kind: "basic", username, password: await readPassword(io) } as const);
  const client = createClient({
    credentials:
      credential === undefined
        ? fromFiles
        : firstOf(() => Promise.resolve({ credential, source: "--username" }), fromFiles),
    plainHttp: flags.plainHttp,
    http: { userAgent: `blob/${version()}` },
  });
  closing.push(() => client.close());
  return client;
}
