import type { Sha256, ZstdDecoder } from "@blob/format";

/** What decompresses and hashes the contents of archives. */
export interface Codecs {
  readonly zstd: ZstdDecoder;
  readonly sha256: Sha256;
}

let loaded: Promise<Codecs> | undefined;

/** The fastest codecs that this runtime has. Loaded when the first archive is opened, then kept for the process. */
export function loadCodecs(): Promise<Codecs> {
  return (loaded ??= load());
}

async function load(): Promise<Codecs> {
  const { loadZstdDecoder, nodeSha256 } = await import("@blob/format/node");
  return { zstd: await loadZstdDecoder(), sha256: nodeSha256 };
}
