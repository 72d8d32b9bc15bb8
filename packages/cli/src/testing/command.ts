import { existsSync } from "node:fs";
import path from "node:path";
import { packageFolder } from "@blob/testing";

const folder = packageFolder("cli");

/** The command as a program, for processes of its own. */
export const command: string = path.join(folder, "bin/blob.js");

/** Whether it can run: when not, `pnpm build` was not. */
export const isBuilt: boolean = existsSync(path.join(folder, "bundle/command-line.cjs"));
