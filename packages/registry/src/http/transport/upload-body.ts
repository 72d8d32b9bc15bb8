import { RegistryError } from "../../errors.js";
import type { HttpBody } from "../layers/handler.js";
import type { RateWatch } from "./body-rate.js";

export interface UploadBody {
  readonly size: number | undefined;
  readonly bytes: AsyncIterable<Uint8Array>;
  /** What went wrong with the bytes, as opposed to the connection. */
  failure(): { readonly error: unknown } | undefined;
}

/** So much is handed to a connection at a time: larger pieces would seem to stand still while they go out slowly. */
const pieceBytes = 64 * 1024;

/**
 * The bytes of an upload, held to the size that was announced, if one was: HTTP cannot take back a Content-Length. `watch` learns when
 * the connection is waited for, and `onSent` is called when all of it was taken.
 */
export function createUploadBody({ open, size }: HttpBody, watch: RateWatch, onSent: () => void): UploadBody {
  let failure: { readonly error: unknown } | undefined;
  async function* bytes(): AsyncGenerator<Uint8Array, void, undefined> {
    let sent = 0;
    try {
      for await (const chunk of open()) {
        sent += chunk.length;
        if (size !== undefined && sent > size) throw wrongSize("more than", size);
        for (let at = 0; at < chunk.length; at += pieceBytes) {
          const piece = chunk.subarray(at, at + pieceBytes);
          watch.wait();
          yield piece;
          watch.moved(piece.length);
        }
      }
      if (size !== undefined && sent < size) throw wrongSize(`${sent} of`, size);
      onSent();
    } catch (error) {
      failure = { error };
      throw error;
    } finally {
      watch.stop();
    }
  }
  return { size, bytes: bytes(), failure: () => failure };
}

function wrongSize(got: string, size: number): RegistryError {
  return new RegistryError(
    "InvalidArgument",
    `the bytes to upload are not those announced: got ${got} ${size} bytes`,
  );
}
