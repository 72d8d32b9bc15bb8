import type { Quirks, TestRegistry } from "@blob/testing";
import { startTestRegistry } from "@blob/testing";
import { onTestFinished } from "vitest";
import type { HttpRegistry, HttpRegistryOptions } from "../http-registry.js";
import { createHttpRegistry } from "../http-registry.js";
import { fakeClock } from "./fake-http.js";

export interface Quirky {
  readonly server: TestRegistry;
  readonly registry: HttpRegistry;
  readonly sleeps: readonly number[];
  /** `METHOD path status` of all requests since the last call; queries without their values. */
  readonly requests: () => string[];
  /** Before the test ends. */
  readonly close: () => Promise<void>;
}

/** A misbehaving registry and a client to it, whose pauses take no time; both end with the test. */
export async function startQuirky(quirks: Quirks = {}, options: HttpRegistryOptions = {}): Promise<Quirky> {
  const server = await startTestRegistry({ quirks });
  const clock = fakeClock();
  const registry = createHttpRegistry(server.host, { plainHttp: true, retry: { clock }, ...options });
  let isOpen = true;
  const close = async (): Promise<void> => {
    if (!isOpen) return;
    isOpen = false;
    await registry.close();
    await server.close();
  };
  onTestFinished(close);
  const requests = (): string[] =>
    server.requests
      .splice(0)
      .map(({ method, path, status }) => `${method} ${path.replace(/\?.*$/su, "?…")} ${status}`);
  return { server, registry, sleeps: clock.sleeps, requests, close };
}
