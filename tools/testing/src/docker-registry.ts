import type { ChildProcess } from "node:child_process";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";

export interface DockerRegistry {
  /** `127.0.0.1:port`, plain http unless it was started with TLS. */
  readonly host: string;
  close(): Promise<void>;
}

export interface DockerRegistryOptions {
  /** Speaks https with this certificate for 127.0.0.1: paths of PEM files. */
  readonly tls?: { readonly certificate: string; readonly key: string };
  /** Asks for Basic credentials; the passwords are hashed with `htpasswd`. */
  readonly users?: Readonly<Record<string, string>>;
}

/** Whether a program can be run here. When not, says on the console which tests cannot run without it. */
export function hasProgram(name: string): boolean {
  try {
    execFileSync("which", [name], { stdio: "ignore" });
    return true;
  } catch {
    console.info(`${name} is not installed: tests with it are skipped`);
    return false;
  }
}

/** A real registry (CNCF distribution, Debian's `docker-registry`) in memory, on a port of its own. */
export async function startDockerRegistry(options: DockerRegistryOptions = {}): Promise<DockerRegistry> {
  const directory = await mkdtemp(path.join(tmpdir(), "docker-registry-"));
  const config = {
    version: "0.1",
    log: { level: "info", accesslog: { disabled: true } },
    storage: { inmemory: {}, delete: { enabled: true } },
    http: { addr: "127.0.0.1:0", ...(options.tls === undefined ? {} : { tls: options.tls }) },
    ...(options.users === undefined
      ? {}
      : { auth: { htpasswd: await writePasswords(directory, options.users) } }),
  };
  const file = path.join(directory, "config.yml");
  // JSON is YAML.
  await writeFile(file, JSON.stringify(config));
  const child = spawn("docker-registry", ["serve", file], { stdio: ["ignore", "ignore", "pipe"] });
  const close = async (): Promise<void> => {
    await end(child);
    await rm(directory, { recursive: true, force: true });
  };
  try {
    return { host: `127.0.0.1:${await listeningPort(child)}`, close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function writePasswords(
  directory: string,
  users: Readonly<Record<string, string>>,
): Promise<{ readonly realm: string; readonly path: string }> {
  const lines = Object.entries(users).map(([name, password]) =>
    execFileSync("htpasswd", ["-niBC", "4", name], { input: password, encoding: "utf8" }).trim(),
  );
  const file = path.join(directory, "htpasswd");
  await writeFile(file, `${lines.join("\n")}\n`);
  return { realm: "test", path: file };
}

async function listeningPort(child: ChildProcess): Promise<number> {
  if (child.stderr === null) throw new Error("docker-registry has no log");
  const seen: string[] = [];
  for await (const line of createInterface({ input: child.stderr })) {
    seen.push(line);
    const port = /listening on 127\.0\.0\.1:(?<port>\d+)/u.exec(line)?.groups?.["port"];
    if (port === undefined) continue;
    // Nobody reads on: a full pipe would stop the registry.
    child.stderr.resume();
    return Number(port);
  }
  throw new Error(`docker-registry did not start:\n${seen.join("\n")}`);
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, "exit");
  child.kill("SIGKILL");
  await exited;
}
