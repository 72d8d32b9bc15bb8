import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { requireConfigFile } from "../../config/config-path.js";
import { replaceConfig } from "../../config/edit-config.js";
import { readConfigText } from "../../config/load-config.js";
import { parseConfig } from "../../config/parse-config.js";
import type { Session } from "../../session/session.js";
import { Interruption } from "../../interruption.js";
import { makeTemporaryDirectory } from "../../temporary-directory.js";
import { UsageError } from "../../errors/usage-error.js";

/** Lets an editor change a copy of the file, and takes the copy when it can be read. The old file stays otherwise. */
export async function editInEditor({ io, config, output }: Session): Promise<void> {
  const editor = io.env["EDITOR"] || io.env["VISUAL"];
  if (editor === undefined || editor === "")
    throw new UsageError("set EDITOR or VISUAL to the editor to open");
  const file = requireConfigFile(config);
  const before = (await readConfigText(file)) ?? "";
  const directory = await makeTemporaryDirectory("blob-config-");
  try {
    const copy = path.join(directory, "config.yaml");
    await writeFile(copy, before, { mode: 0o600 });
    await runEditor(editor, copy, io);
    const after = await readFile(copy, "utf8");
    if (after === before) {
      await output.result({ path: file, changed: false }, () => ["Nothing was changed."]);
      return;
    }
    parseConfig(after, file);
    await replaceConfig(file, after);
    await output.result({ path: file, changed: true }, () => [`Changed ${file}`]);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** As other commands do it: the variable may have arguments, so a shell reads it, and the file is an argument of its own. */
async function runEditor(editor: string, file: string, { env, signal }: Session["io"]): Promise<void> {
  signal.throwIfAborted();
  const child =
    process.platform === "win32"
      ? spawn(`${editor} "${file}"`, { stdio: "inherit", env, shell: true })
      : spawn("/bin/sh", ["-c", `${editor} "$1"`, "sh", file], { stdio: "inherit", env });
  // Ctrl-C reaches the editor by itself, and some take it for a key; whoever ends only us means the editor, too.
  const stop = (): void => {
    if (signal.reason instanceof Interruption && signal.reason.exitCode !== 130) child.kill();
  };
  signal.addEventListener("abort", stop);
  await once(child, "close").finally(() => signal.removeEventListener("abort", stop));
  // The copy is dropped: what was not saved before is not what anybody wanted to be taken.
  signal.throwIfAborted();
  const code = child.exitCode;
  if (code !== 0)
    throw new UsageError(`the editor, ${editor}, ended with ${String(code)}: nothing was changed`);
}
