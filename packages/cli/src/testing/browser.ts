import { existsSync } from "node:fs";
import type { Browser } from "playwright-core";
import { chromium } from "playwright-core";

const program = "/usr/bin/chromium";

/** Whether Debian's Chromium is installed. */
export const hasBrowser: boolean = existsSync(program);

/** Starts Chromium without a window; whoever starts it closes it. It reaches this machine only. */
export function startBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: program,
    args: [
      // Chromium refuses to run as root with its sandbox, and tests often are root in containers.
      "--no-sandbox",
      "--disable-dev-shm-usage",
      "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
    ],
  });
}
