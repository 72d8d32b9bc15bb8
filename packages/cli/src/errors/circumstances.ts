/** What is known about a run when it fails, and makes a difference to what there is to do about it. */
export interface Circumstances {
  /** Registries were spoken to without TLS. */
  plainHttp: boolean;
  /** A registry has answered something, so that it is one, and the connection was good. */
  answered: boolean;
  /** Hosts that credentials were looked up for: where they came from, or undefined when there were none. */
  readonly credentialSources: Map<string, string | undefined>;
  /** The command's name and its arguments without flags, when the command line was understood. */
  command: string;
  operands: readonly string[];
  /** The aliases of the configuration, when it was read. */
  aliases: readonly string[];
}

export function newCircumstances(): Circumstances {
  return {
    plainHttp: false,
    answered: false,
    credentialSources: new Map(),
    command: "",
    operands: [],
    aliases: [],
  };
}
