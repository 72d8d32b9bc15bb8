import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { Socket } from "node:net";

/** Where undici tells of its connections, before anything is sent over them. */
const connected = "undici:client:connected";

/** More than any `100 Continue` has, and more of them than a server with sense sends. */
const maxHeadBytes = 16 * 1024;
const maxInterims = 16;

const fenced = new WeakSet<Socket>();

export interface InterimFence {
  /** A `host:port` that this client is going to talk to. */
  expect(host: string): void;
  remove(): void;
}

/**
 * Takes `100 Continue` out of what some hosts answer. Servers send it unasked (old proxies do at each upload), and clients
 * have to pass over it (RFC 9110, 15.2); undici breaks the connection instead, and has no setting for it. Other interim
 * answers (102, 103) it passes over by itself.
 */
export function fenceInterimAnswers(): InterimFence {
  const hosts = new Set<string>();
  const listen = (message: unknown): void => {
    const { connectParams, socket } = readConnection(message);
    if (hosts.has(connectParams?.host ?? "") && socket instanceof Socket) fence(socket);
  };
  subscribe(connected, listen);
  return {
    expect: (host) => void hosts.add(host),
    remove: () => void unsubscribe(connected, listen),
  };
}

interface Connection {
  readonly connectParams?: { readonly host?: string };
  readonly socket?: unknown;
}

function readConnection(message: unknown): Connection {
  return typeof message === "object" && message !== null ? message : {};
}

/** undici reads from the socket by hand: what it does not get from there, it never sees. */
function fence(socket: Socket): void {
  if (fenced.has(socket)) return;
  fenced.add(socket);
  const read: (size?: number) => unknown = socket.read.bind(socket);
  const write = socket.write.bind(socket);
  let interims = maxInterims;
  let isWaiting = false;
  let held: Buffer = Buffer.alloc(0);
  socket.write = (...parts: readonly unknown[]): boolean => {
    if (isRequestHead(parts[0])) {
      interims = 0;
      isWaiting = true;
    }
    return Reflect.apply(write, undefined, parts) === true;
  };
  socket.read = (size?: number): unknown => {
    while (isWaiting) {
      const chunk = read(size);
      if (!Buffer.isBuffer(chunk)) return chunk;
      held = Buffer.concat([held, chunk]);
      for (; interims < maxInterims && interimEnd(held) > 0; interims += 1) {
        held = held.subarray(interimEnd(held));
      }
      if (interims < maxInterims && isIncomplete(held)) continue;
      isWaiting = false;
      const answer = held;
      held = Buffer.alloc(0);
      return answer;
    }
    return read(size);
  };
}

/** undici writes the head of a request as one text, and bodies as bytes. */
function isRequestHead(chunk: unknown): boolean {
  return typeof chunk === "string" && /^[A-Z]+ [^\s]+ HTTP\/1\.1\r\n/u.test(chunk);
}

/** Where an interim answer ends that the bytes begin with; 0 when there is none, or not all of it. */
function interimEnd(bytes: Buffer): number {
  if (!/^HTTP\/1\.[01] 100[ \r]/u.test(bytes.toString("latin1", 0, 13))) return 0;
  const end = bytes.indexOf("\r\n\r\n");
  return end < 0 ? 0 : end + 4;
}

/** Whether the bytes may still become an interim answer. */
function isIncomplete(bytes: Buffer): boolean {
  if (bytes.length > maxHeadBytes) return false;
  const start = bytes.toString("latin1", 0, 13);
  return ["HTTP/1.1 100 ", "HTTP/1.0 100 ", "HTTP/1.1 100\r", "HTTP/1.0 100\r"].some((head) =>
    head.startsWith(start),
  );
}
