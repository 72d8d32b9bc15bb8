import type { Io } from "./io.js";

/** Whether a stream gets colours: the flag, then `NO_COLOR` and `FORCE_COLOR`, then what the terminal can. */
export function hasColor(stream: { readonly isTTY?: boolean }, env: Io["env"], flag: boolean): boolean {
  if (!flag || (env["NO_COLOR"] ?? "") !== "") return false;
  const forced = env["FORCE_COLOR"] ?? "";
  if (forced !== "") return forced !== "0" && forced !== "false";
  return stream.isTTY === true && env["TERM"] !== "dumb";
}

const codes = { red: 31, yellow: 33, cyan: 36 } as const;

export function colored(text: string, color: keyof typeof codes, enabled: boolean): string {
  return enabled ? `\u001b[${String(codes[color])}m${text}\u001b[39m` : text;
}
