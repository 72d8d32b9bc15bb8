import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, symlink } from "node:fs/promises";
import path from "node:path";
import process from "node:process";
import type { TemporaryDirectory } from "@blob/testing";
import { createTemporaryDirectory, hasProgram, writeTree } from "@blob/testing";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { command, isBuilt } from "../testing/command.js";
import { runBlob } from "../testing/run-blob.js";
import { openTerminal } from "../testing/terminal.js";
import { shellScripts } from "./shell-scripts.js";

if (!isBuilt) console.info("the command is not built (`pnpm build`): completion in shells is not tested");

/** Runs a command, would it be evaluated, and needs quotes of every kind. */
const hostile = '$(touch pwned);`touch pwned` it\'s "!!" \\ &';

let directory: TemporaryDirectory;
let env: Readonly<Record<string, string>>;

beforeAll(async () => {
  directory = await createTemporaryDirectory();
  const home = directory.path;
  await mkdir(path.join(home, "bin"));
  await symlink(command, path.join(home, "bin/blob"));
  await writeTree(path.join(home, "site"), {
    [`evil/${hostile}`]: "reached\n",
    "my dir/inner/file": "inner\n",
    "css/a.css": "",
    "css/b.css": "",
  });
  await runBlob(["push", `oci:${home}/lay:v1`, path.join(home, "site")]);
  await runBlob(["alias", "set", "loc", `oci:${home}/lay:v1`], { homeDirectory: home });
  env = {
    PATH: `${path.join(home, "bin")}:${path.dirname(process.execPath)}:${process.env["PATH"] ?? ""}`,
    HOME: home,
    LANG: "C.UTF-8",
  };
});

afterAll(() => directory.remove());

describe.skipIf(!isBuilt)("bash", () => {
  /** What the function leaves in COMPREPLY, called as bash calls it. */
  function replies(line: string, words: readonly string[]): readonly string[] {
    const script = `
      ${shellScripts.bash}
      COMP_LINE=$1; COMP_POINT=\${#1}; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1))
      cd "$HOME"; _blob blob "\${COMP_WORDS[COMP_CWORD]}"
      (( \${#COMPREPLY[@]} )) && printf '%s\\n' "\${COMPREPLY[@]}"; true`;
    const answer = execFileSync("bash", ["--norc", "-c", script, "bash", line, ...words], {
      encoding: "utf8",
      env,
    });
    return answer.split("\n").slice(0, -1);
  }

  test.each([
    ["blob insp", ["blob", "insp"], ["inspect"]],
    ["blob ls --sort=s", ["blob", "ls", "--sort", "=", "s"], ["size"]],
    ["blob cp loc:/cs", ["blob", "cp", "loc", ":", "/cs"], ["/css/"]],
    ["blob cat loc my", ["blob", "cat", "loc", "my"], ["my\\ dir/"]],
    ['blob cat loc "my d', ["blob", "cat", "loc", '"my d'], ["my dir/"]],
    ["blob cat loc 'my d", ["blob", "cat", "loc", "'my d"], ["my dir/"]],
    ["blob cat loc $(touch${IFS}pwned)", ["blob", "cat", "loc", "$(touch${IFS}pwned)"], []],
    ["blob nothing x", ["blob", "nothing", "x"], []],
  ])("%s", (line, words, expected) => {
    expect(replies(line, words)).toEqual(expected);
    expect(existsSync(path.join(directory.path, "pwned"))).toBe(false);
  });

  test("a name that is a command is quoted", () => {
    expect(replies("blob cat loc evil/", ["blob", "cat", "loc", "evil/"])).toEqual([
      String.raw`evil/\$\(touch\ pwned\)\;\`touch\ pwned\`\ it\'s\ \"\!\!\"\ \\\ \&`,
    ]);
  });
});

const shells = [
  ["bash", "bash --norc --noprofile -i", "source <(blob completion bash)"],
  ["zsh", "zsh -f -i", "autoload -U compinit; compinit -u -D; source <(blob completion zsh)"],
  ["fish", "fish --no-config -i", "blob completion fish | source"],
] as const;

describe.each(shells)("%s in a terminal", (shell, start, setUp) => {
  const canRun = isBuilt && hasProgram("tmux") && hasProgram(shell);
  if (!canRun)
    console.info(`without ${shell}, tmux and a built command, completion in ${shell} is not tested`);

  test.skipIf(!canRun).each(["", "'", '"'])(
    "completes down to a hostile name, which reaches the command as it is (quote: %j)",
    async (quote) => {
      // tmux has a PATH of its own, whatever it is given.
      const terminal = openTerminal(`cd "$HOME" && PATH='${env["PATH"] ?? ""}' ${start}`, {
        columns: 200,
        env,
      });
      onTestFinished(() => terminal.close());
      // Written by the shell, not by what echoes the keys.
      terminal.type(`${setUp}; echo re''ady`, "Enter");
      await terminal.shows(/^ready$/mu);
      terminal.type("blob insp", "Tab");
      await terminal.shows(/blob inspect$/mu);
      terminal.type("C-u", "blob cat lo", "Tab");
      await terminal.shows(/blob cat loc$/mu);
      terminal.type("my", "Tab");
      await terminal.shows(/my\\ dir\/$/mu);
      terminal.type("inn", "Tab");
      await terminal.shows(/my\\ dir\/inner\/$/mu);
      terminal.type("Tab");
      await terminal.shows(/my\\ dir\/inner\/file$/mu);
      terminal.type("C-u", "blob cat loc ");
      terminal.type(`${quote}ev`, "Tab");
      await terminal.shows(/blob cat loc ['"]?evil\//u);
      terminal.type("Tab");
      await terminal.shows(/evil\/.*touch/u);
      terminal.type("Enter");
      await terminal.shows(/^reached$/mu);
      expect(existsSync(path.join(directory.path, "pwned"))).toBe(false);
    },
  );
});
