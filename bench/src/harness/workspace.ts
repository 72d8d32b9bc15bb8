import type { ChildProcess, SpawnOptions } from "node:child_process";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, rmSync } from "node:fs";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import process from "node:process";

/** A directory, and processes that work in it. Both are gone when it is closed, which Ctrl-C does too. */
export interface Workspace {
  readonly directory: string;
  /** Whether the directory is in memory: the disk is not what is measured. */
  readonly inMemory: boolean;
  /** True from Ctrl-C on: whatever fails then is no news. */
  readonly isInterrupted: () => boolean;
  /** A process with a group of its own, so that its children end with it. */
  spawn(file: string, args: readonly string[], options: SpawnOptions): ChildProcess;
  /** Ends the process and its children, and waits until it has ended. */
  end(child: ChildProcess): Promise<void>;
  /** A new directory in it, of a name that was not there. */
  makeDirectory(name: string): Promise<string>;
  close(): Promise<void>;
}

const memory = "/dev/shm";

export async function openWorkspace(): Promise<Workspace> {
  const inMemory = existsSync(memory);
  const directory = await mkdtemp(path.join(inMemory ? memory : tmpdir(), "blob-bench-"));
  const running = new Set<ChildProcess>();
  let interrupted = false;
  let made = 0;

  const end = async (child: ChildProcess): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
    const exited = once(child, "exit");
    try {
      process.kill(-child.pid, "SIGKILL");
    } catch {
      // It ended just now.
    }
    await exited;
  };
  const close = async (): Promise<void> => {
    for (const signal of signals) process.removeListener(signal, interrupt);
    await Promise.all([...running].map(end));
    await rm(directory, { recursive: true, force: true });
  };
  const interrupt = (signal: NodeJS.Signals): void => {
    interrupted = true;
    void close().finally(() => {
      // What was being written when the directory went may have made it again.
      rmSync(directory, { recursive: true, force: true });
      process.exit(signal === "SIGINT" ? 130 : 143);
    });
  };
  for (const signal of signals) process.once(signal, interrupt);

  return {
    directory,
    inMemory,
    isInterrupted: () => interrupted,
    spawn(file, args, options) {
      if (interrupted) throw new Error("the bench was interrupted");
      const child = spawn(file, args, { ...options, detached: true });
      running.add(child);
      child.once("exit", () => running.delete(child));
      child.once("error", () => running.delete(child));
      return child;
    },
    end,
    async makeDirectory(name) {
      made += 1;
      const created = path.join(directory, `${name}-${String(made)}`);
      await mkdir(created);
      return created;
    },
    close,
  };
}

const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
