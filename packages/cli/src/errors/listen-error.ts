import { UsageError } from "./usage-error.js";

/** Why nothing can listen at an address and port that flags name. */
export function listenError(
  error: unknown,
  { host, port }: { readonly host: string; readonly port: number },
): UsageError {
  const why = error instanceof Error ? error.message : String(error);
  return new UsageError(`cannot listen at ${host}, port ${String(port)}: ${why}`, { cause: error });
}
