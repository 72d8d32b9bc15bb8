import { fileURLToPath } from "node:url";

import type { RuntimeProcess } from "./runtime-process.js";

export interface RunContext {
  /** Of the server that has the page and takes the report. */
  readonly origin: string;
  /** Of the server that has the archives: the same or another one. */
  readonly archives: string;
  /** The compiled main entry: a `file:` URL. */
  readonly mainEntry: string;
  /** An empty directory for whatever the runtime wants to keep. */
  readonly home: string;
}

export interface Runtime {
  readonly name: string;
  readonly program: string;
  /** How the scenario is started in it, with no network but the loopback one where the runtime can be told. */
  start(context: RunContext): RuntimeProcess;
}

const program = fileURLToPath(new URL("program.mjs", import.meta.url));

export const chromium: Runtime = {
  name: "Chromium",
  program: "chromium",
  start: ({ origin, archives, home }) => ({
    program: "chromium",
    arguments: [
      "--headless",
      // Chromium refuses to run as root with its sandbox, and tests often are root in containers.
      "--no-sandbox",
      "--no-zygote",
      "--disable-gpu",
      "--disable-dev-shm-usage",
      "--disable-quic",
      "--disable-breakpad",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      "--no-first-run",
      "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
      `--user-data-dir=${home}`,
      `${origin}/runtimes/page.html?archives=${archives}`,
    ],
    env: { HOME: home },
  }),
};

export const runtimes: readonly Runtime[] = [
  {
    name: "Node",
    program: process.execPath,
    start: ({ mainEntry, origin, archives }) => ({
      program: process.execPath,
      arguments: [program, mainEntry, origin, archives],
      env: {},
    }),
  },
  {
    name: "Deno",
    program: "deno",
    start: ({ mainEntry, origin, archives, home }) => ({
      program: "deno",
      arguments: [
        "run",
        "--no-prompt",
        "--no-remote",
        "--no-lock",
        "--node-modules-dir=manual",
        "--allow-read",
        `--allow-net=${new URL(origin).host},${new URL(archives).host}`,
        program,
        mainEntry,
        origin,
        archives,
      ],
      env: { DENO_DIR: home, DENO_NO_UPDATE_CHECK: "1", HOME: home, NO_COLOR: "1" },
    }),
  },
  {
    name: "Bun",
    program: "bun",
    start: ({ mainEntry, origin, archives, home }) => ({
      program: "bun",
      arguments: ["run", "--no-install", program, mainEntry, origin, archives],
      // Bun has no permissions: what does not go to the server goes to a port where nobody listens.
      env: {
        DO_NOT_TRACK: "1",
        HOME: home,
        HTTP_PROXY: "http://127.0.0.1:9",
        HTTPS_PROXY: "http://127.0.0.1:9",
        NO_PROXY: "127.0.0.1",
      },
    }),
  },
  chromium,
];
