import { styleText } from "node:util";
import type { Io } from "../io.js";

/** Whether a stream gets colours: the flag, then `NO_COLOR` and `FORCE_COLOR`, then what the terminal can. */
export function hasColor(stream: { readonly isTTY?: boolean }, env: Io["env"], flag: boolean): boolean {
  if (!flag || (env["NO_COLOR"] ?? "") !== "") return false;
  const forced = env["FORCE_COLOR"] ?? "";
  if (forced !== "") return forced !== "0" && forced !== "false";
  return stream.isTTY === true && env["TERM"] !== "dumb";
}

export type Color = "red" | "yellow" | "cyan" | "green" | "blue";

/** Whether there are colours is for {@link hasColor} to say, and not for Node to find in the environment. */
export function colored(text: string, color: Color, enabled: boolean): string {
  return enabled ? styleText(color, text, { validateStream: false }) : text;
}
