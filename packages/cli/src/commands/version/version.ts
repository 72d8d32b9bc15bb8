import process from "node:process";
import type { Session } from "../../session/session.js";
import { version } from "../../version.js";

export async function showVersion({ output }: Session, flags: { readonly short?: boolean }): Promise<void> {
  const number = version();
  await output.result(
    { version: number, node: process.version, platform: process.platform, arch: process.arch },
    () => [
      flags.short === true
        ? number
        : `blob ${number} (Node ${process.version}, ${process.platform} ${process.arch})`,
    ],
  );
}
