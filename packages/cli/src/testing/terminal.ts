import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";

/** A pseudo-terminal with a shell command in it: a tmux server of its own. */
export interface Terminal {
  /** What is on the screen, without trailing blanks. */
  screen(): string;
  /** Types keys by tmux's names: `C-c`, `Enter`, `q`. */
  type(...keys: readonly string[]): void;
  /** Waits until the screen has something; the test's own time-out ends it otherwise. */
  shows(pattern: RegExp): Promise<string>;
  close(): void;
}

export interface TerminalOptions {
  readonly columns?: number;
  readonly env?: Readonly<Record<string, string>>;
}

export function openTerminal(command: string, { columns = 100, env = {} }: TerminalOptions = {}): Terminal {
  const name = `blob-test-${randomBytes(6).toString("hex")}`;
  const tmux = (...args: readonly string[]): string =>
    execFileSync("tmux", ["-L", name, "-f", "/dev/null", ...args], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
      env: { PATH: process.env["PATH"], LANG: "C.UTF-8", TERM: "xterm-256color" },
    });
  const variables = Object.entries(env).flatMap(([key, value]) => ["-e", `${key}=${value}`]);
  // The session outlives the command, so that its last screen can be read.
  tmux(
    "new-session",
    "-d",
    "-x",
    String(columns),
    "-y",
    "24",
    ...variables,
    `${command}; echo "exit=$?"; exec sleep 600`,
  );
  const screen = (): string => tmux("capture-pane", "-p").trimEnd();
  return {
    screen,
    type: (...keys) => void tmux("send-keys", ...keys),
    async shows(pattern) {
      for (;;) {
        const shown = screen();
        if (pattern.test(shown)) return shown;
        await pause(50);
      }
    },
    close: () => void tmux("kill-server"),
  };
}
