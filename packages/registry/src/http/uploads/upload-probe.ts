import type { CallOptions } from "../../registry.js";
import type { Digest } from "../../descriptor.js";
import { RegistryError } from "../../errors.js";
import { sha256Digest } from "../../digest.js";
import { checkRepository } from "../../reference.js";
import type { Endpoint } from "../layers/endpoint.js";
import { discard } from "../layers/handler.js";
import { openSession } from "./upload-session.js";

/** What became of a session that was opened to see whether it can be. */
export type UploadProbe =
  /** The registry took the cancellation: nothing is left. */
  | "cancelled"
  /** It did not: the session is left to expire, as registries let them. */
  | "left";

/** Opens an upload session as a push would, and cancels it without sending a byte. */
export async function probeUpload(
  endpoint: Endpoint,
  repository: string,
  { signal }: CallOptions,
): Promise<UploadProbe> {
  checkRepository(repository);
  const digest: Digest = sha256Digest(new Uint8Array(0));
  const upload = { repository, blob: { digest, size: 0 }, open: noBytes, options: { signal } };
  const session = await openSession(endpoint, upload, undefined);
  if (session === "mounted") {
    throw new RegistryError(
      "InvalidResponse",
      `${endpoint.host}: it mounted a blob that nobody asked to mount`,
    );
  }
  const response = await endpoint.send({
    method: "DELETE",
    url: session.url,
    from: session.from,
    headers: {},
    auth: session.auth,
    signal,
  });
  await discard(response);
  return response.status >= 200 && response.status < 300 ? "cancelled" : "left";
}

async function* noBytes(): AsyncGenerator<Uint8Array> {
  // A session that is cancelled gets none.
}
