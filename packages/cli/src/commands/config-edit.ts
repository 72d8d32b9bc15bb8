import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { replaceConfig } from "../config/edit-config.js";
import { readConfigText } from "../config/load-config.js";
import { parseConfig } from "../config/parse-config.js";
import type { Session } from "../session.js";
import { UsageError } from "../usage-error.js";

/** Lets an editor change a copy of the file, and takes the copy when it can be read. The old file stays otherwise. */
export async function editInEditor({ io, config, output }: Session): Promise<void> {
  const editor = io.env["VISUAL"] || io.env["EDITOR"];
  if (editor === undefined || editor === "")
    throw new UsageError("set VISUAL or EDITOR to the editor to open");
  const before = (await readConfigText(config.file)) ?? "";
  const directory = await mkdtemp(path.join(tmpdir(), "blob-config-"));
  try {
    const copy = path.join(directory, "config.yaml");
    await writeFile(copy, before, { mode: 0o600 });
    await runEditor(editor, copy, io.env);
    const after = await readFile(copy, "utf8");
    if (after === before) {
      await output.result({ path: config.file, changed: false }, () => ["Nothing was changed."]);
      return;
    }
    parseConfig(after, config.file);
    await replaceConfig(config.file, after);
    await output.result({ path: config.file, changed: true }, () => [`Changed ${config.file}`]);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** As other commands do it: the variable may have arguments, so a shell reads it, and the file is an argument of its own. */
async function runEditor(editor: string, file: string, env: Session["io"]["env"]): Promise<void> {
  const child =
    process.platform === "win32"
      ? spawn(`${editor} "${file}"`, { stdio: "inherit", env, shell: true })
      : spawn("/bin/sh", ["-c", `${editor} "$1"`, "sh", file], { stdio: "inherit", env });
  await once(child, "close");
  const code = child.exitCode;
  if (code !== 0)
    throw new UsageError(`the editor, ${editor}, ended with ${String(code)}: nothing was changed`);
}
