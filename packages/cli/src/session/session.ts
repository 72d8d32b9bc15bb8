import { readFile } from "node:fs/promises";
import { textOfBytes } from "@blob/core/text";
import type { ArchiveManifest, Client, ReadVerbOptions } from "@blob/client";
import type { Archive } from "@blob/format";
import type { LocalArchive } from "@blob/format/node";
import type { Evidence, HttpRegistryOptions, HttpTrace } from "@blob/registry";
import { expandAlias } from "../config/aliases.js";
import type { AppliedRule } from "../signing/applied-rule.js";
import type { FindHostSettings } from "../hosts/find-settings.js";
import type { Io } from "../io.js";
import { collectLeftOut } from "../output/left-out.js";
import type { Output } from "../output/output.js";
import { createOutput } from "../output/output.js";
import type { ProgressState } from "../progress/progress-state.js";
import type { Run } from "../settings/run.js";
import { UsageError } from "../errors/usage-error.js";
import { version } from "../version.js";

/** An archive that a command reads, wherever it is. */
export interface OpenedArchive {
  readonly archive: Archive;
  /** As the user wrote it. */
  readonly reference: string;
  /** The reference, after aliases, with its digest; a local archive has none. */
  readonly resolved: string;
  /** A local archive has none. */
  readonly manifest: ArchiveManifest | undefined;
  /** How many policies accepted it. */
  readonly policies: number;
  /** What they found: who signed it. */
  readonly evidence: readonly Evidence[];
  /** The rules of the configuration that were about it. */
  readonly rules: readonly AppliedRule[];
}

/** Which policies a command asks. */
export interface PolicyFlags {
  /** Policy files, all of which have to hold, too. */
  readonly policy?: readonly string[];
  /** Whether those of the configuration hold. Default true. */
  readonly defaultPolicy?: boolean;
  /** References that the same manifest gets: what their policies refuse must not be found there. */
  readonly written?: readonly string[];
}

/** What a verb that reads has to be given, and why. */
export interface ReadOptions extends ReadVerbOptions {
  /** The rules of the configuration that the policies are of. */
  readonly rules: readonly AppliedRule[];
}

/** What a command gives to a verb of the client that opens an archive. */
export interface Reading {
  /** The reference, after aliases. */
  readonly target: string;
  readonly options: ReadVerbOptions;
  /** How many policies have to accept it. */
  readonly policies: number;
  /** The rules of the configuration that are about it. */
  readonly rules: readonly AppliedRule[];
}

/** What one run of the command has: its streams, its client, and what has to be closed at the end. */
export interface Session extends Run {
  readonly signal: AbortSignal;
  /**
   * The reference that an alias stands for; any other text as it is. Only for what the command line names: credentials of
   * flags and environment go to its registry.
   */
  expand(reference: string): string;
  /**
   * What a verb that reads `reference` has to be given: the policies, the signal, and who tells with `-v` what lists left
   * out. The reference is the one that the user wrote: rules are asked about that, too.
   */
  readOptions(reference: string, flags?: PolicyFlags): Promise<ReadOptions>;
  /**
   * What a verb that opens an archive has to be given: also of `file:DIR`, of which a policy is a usage error, since it has
   * no manifest that one could accept.
   */
  reading(reference: string, flags?: PolicyFlags): Promise<Reading>;
  /** How a registry is reached: for commands that talk to one without a client. */
  connection(host: string): Promise<HttpRegistryOptions>;
  /** What files of this and other tools say about single registries. */
  hostSettings(): Promise<FindHostSettings>;
  /** Made when the first command asks for it: the HTTP stack is not loaded before. */
  client(): Promise<Client>;
  /** Opens `file:DIR`, an alias, or whatever a client can pull; policies are asked. Closed with the session. */
  open(reference: string, flags?: PolicyFlags): Promise<OpenedArchive>;
  /**
   * Shows how far a long command is, from its first call on, as the flags say; gone again before anything else is written.
   * Give it to whatever takes an `onProgress`.
   */
  progress(): Promise<(state: ProgressState) => void>;
  /** To be called after success: a command that took long says how long. */
  finish(): void;
  close(): Promise<void>;
}

export type SessionOptions = Omit<Run, "io" | "output">;

const localPrefix = "file:";

export function createSession(io: Io, parts: SessionOptions): Session {
  const { flags, settings, config } = parts;
  const closing: (() => Promise<void>)[] = [];
  const references = new Set<string>();
  let client: Promise<Client> | undefined;
  let hostSettings: Promise<FindHostSettings> | undefined;
  let finish = (): void => undefined;
  const output = createOutput(io, parts.standardOutput, { ...flags, format: settings.output.value });
  async function connect(): Promise<Client> {
    const [{ composeClient }, http, find] = await Promise.all([
      import("./compose-client.js"),
      httpOptionsOf(session),
      session.hostSettings(),
    ]);
    const made = await composeClient(session, references, http, find);
    closing.push(() => made.close());
    return made;
  }

  const session: Session = {
    io,
    output,
    signal: io.signal,
    ...parts,
    expand(reference) {
      const expanded = expandAlias(reference, config.config.aliases);
      if (expanded !== reference) output.detail(`${reference} stands for ${expanded}`);
      references.add(expanded);
      return expanded;
    },
    async readOptions(reference, { policy = [], defaultPolicy = true, written = [] } = {}) {
      const { appliedRule, configuredPolicies, filePolicies } = await import("../signing/policies.js");
      const configured = defaultPolicy ? await configuredPolicies(config, reference, written, session) : [];
      const policies = [...configured.map((one) => one.policy), ...(await filePolicies(policy, session))];
      const rules = configured.map(appliedRule);
      return { policies, rules, signal: io.signal, onLeftOut: collectLeftOut(output).onLeftOut };
    },
    async reading(reference, policyFlags) {
      const target = session.expand(reference);
      const { rules, ...options } = await session.readOptions(reference, policyFlags);
      const policies = options.policies?.length ?? 0;
      const isLocal = target.startsWith(localPrefix);
      if (isLocal && policies > 0) {
        throw new UsageError(`${reference}: a local archive has no manifest that a policy could accept`);
      }
      return { target, options, policies, rules: isLocal ? [] : rules };
    },
    hostSettings: () =>
      (hostSettings ??= import("../hosts/host-settings.js").then(async ({ createHostSettings }) =>
        createHostSettings(io, config),
      )),
    async connection(host) {
      const [http, find, { joinedTls }, { withFlags }] = await Promise.all([
        httpOptionsOf(session),
        session.hostSettings(),
        import("@blob/client"),
        import("./host-flags.js"),
      ]);
      const { plainHttp, tls } = withFlags(find(host).options, parts);
      return { ...http, plainHttp, tls: joinedTls(http.tls, tls) };
    },
    client: () => (client ??= connect()),
    async open(reference, policyFlags) {
      const { target, options, policies, rules } = await session.reading(reference, policyFlags);
      const archive = target.startsWith(localPrefix)
        ? await openLocally(target, options)
        : await (await session.client()).pull(target, options);
      closing.push(() => archive.close());
      const { manifest, evidence } = archive;
      const resolved = resolvedReference(target, manifest?.descriptor.digest);
      return { archive, reference, resolved, manifest, policies, evidence, rules };
    },
    async progress() {
      const [{ createProgressReporter }, { progressStyle }] = await Promise.all([
        import("../progress/progress-reporter.js"),
        import("../progress/progress-style.js"),
      ]);
      const style = progressStyle(flags.progress, io, { quiet: flags.quiet, format: output.format });
      const { stderr, now = () => performance.now() } = io;
      const reporter = createProgressReporter({ stderr, style, now });
      output.onWrite(() => reporter.clear());
      finish = () => reporter.finish();
      closing.push(() => Promise.resolve(reporter.clear()));
      return (state) => reporter.update(state);
    },
    finish: () => finish(),
    async close() {
      for (const close of closing.splice(0).toReversed()) await close();
    },
  };
  return session;
}

/** A local archive without the client: `ls` and `cat` of one load nothing of registries. */
async function openLocally(
  target: string,
  { signal }: ReadVerbOptions,
): Promise<LocalArchive & { readonly manifest?: undefined; readonly evidence: readonly [] }> {
  const { openLocalArchive } = await import("@blob/format/node");
  const archive = await openLocalArchive(target.slice(localPrefix.length), { signal });
  return Object.assign(archive, { evidence: [] } as const);
}

/** The reference with the digest that it led to, so that it names the same archive for ever; without one, as it is. */
export function resolvedReference(reference: string, digest: string | undefined): string {
  if (digest === undefined) return reference;
  // Only a digest is replaced: a path of a layout may have an `@`, too.
  return `${reference.replace(/@[a-z0-9]+:[0-9a-f]{32,}$/u, "")}@${digest}`;
}

async function httpOptionsOf({
  io: { env },
  flags,
  output,
  circumstances,
}: Session): Promise<Pick<HttpRegistryOptions, "userAgent" | "tls" | "proxy" | "trace">> {
  const proxies = (await import("./proxies.js")).environmentProxies(env);
  const given = flags.caFile === undefined ? undefined : await readCaFile(flags.caFile);
  const ca = [given, await authoritiesOf(env, output)].filter((one) => one !== undefined).join("\n");
  return {
    userAgent: `blob/${version()}`,
    tls: { ca: ca === "" ? undefined : ca, insecure: flags.insecure },
    proxy: proxies.http === undefined && proxies.https === undefined ? false : proxies,
    trace(trace) {
      circumstances.answered ||= trace.status !== undefined;
      if (flags.verbosity >= 2) output.detail(traceLine(trace));
    },
  };
}

/** Loaded for an environment that names some. */
async function authoritiesOf(env: Io["env"], output: Output): Promise<string | undefined> {
  if ((env["SSL_CERT_FILE"] ?? "") === "" && (env["SSL_CERT_DIR"] ?? "") === "") return undefined;
  const { environmentAuthorities } = await import("../hosts/authorities.js");
  const { ca, sources, unreadable } = environmentAuthorities({ env });
  for (const why of unreadable) output.warning(`${why}: its certificate authorities are not trusted`);
  if (sources.length > 0) output.detail(`certificate authorities: ${sources.join(", ")}`);
  return ca;
}

async function readCaFile(file: string): Promise<string> {
  try {
    return textOfBytes(await readFile(file));
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new UsageError(`--ca-file ${file}: ${why}`, { cause: error });
  }
}

/** `GET https://… bytes=0-99: 206, 100 bytes, 12 ms`. The trace itself has no secrets. */
function traceLine({
  method,
  url,
  range,
  authorized,
  status,
  contentLength,
  error,
  durationMs,
}: HttpTrace): string {
  const asked = [method, url, range, authorized ? "with credentials" : undefined].filter(Boolean).join(" ");
  const size = contentLength === undefined ? [] : [`${String(contentLength)} bytes`];
  return `http: ${asked}: ${[String(status ?? error), ...size, `${durationMs.toFixed(0)} ms`].join(", ")}`;
}
