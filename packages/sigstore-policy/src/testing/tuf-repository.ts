import { createHash, generateKeyPairSync, sign } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { canonicalJson } from "../sigstore-server/canonical-json.js";

export interface TufRepository {
  readonly url: string;
  readonly root: Uint8Array;
  /** Paths that were asked for. */
  readonly requests: string[];
  readonly files: Map<string, Uint8Array>;
  publish(content: Uint8Array, version: number, expires?: string): void;
  close(): void;
}

const later = "2999-01-01T00:00:00Z";

/** A small TUF repository with one key, served over a loopback port. */
export async function startTufRepository(): Promise<TufRepository> {
  const { publicKey, privateKey } = generateKeyPairSync("ed25519");
  const raw = publicKey.export({ format: "der", type: "spki" }).subarray(-32);
  const key = { keytype: "ed25519", scheme: "ed25519", keyval: { public: raw.toString("hex") } };
  const keyid = createHash("sha256").update(canonicalJson(key)).digest("hex");
  const metadata = (type: string, version: number, expires: string, content: object): Buffer => {
    const signed = { _type: type, spec_version: "1.0.31", version, expires, ...content };
    const sig = sign(null, Buffer.from(canonicalJson(signed)), privateKey).toString("hex");
    return Buffer.from(JSON.stringify({ signed, signatures: [{ keyid, sig }] }));
  };
  const role = { keyids: [keyid], threshold: 1 };
  const roles = { root: role, timestamp: role, snapshot: role, targets: role };
  const root = metadata("root", 1, later, { consistent_snapshot: true, keys: { [keyid]: key }, roles });
  const files = new Map<string, Uint8Array>();
  const requests: string[] = [];
  const server = createServer(({ url = "" }, response) => {
    requests.push(url);
    const file = files.get(url);
    response.writeHead(file === undefined ? 404 : 200).end(file);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/repo`,
    root,
    requests,
    files,
    publish(content, version, expires = later) {
      const sha256 = createHash("sha256").update(content).digest("hex");
      const target = { length: content.length, hashes: { sha256 } };
      files.set(`/repo/targets/${sha256}.trusted_root.json`, content);
      files.set(
        `/repo/${version}.targets.json`,
        metadata("targets", version, expires, { targets: { "trusted_root.json": target } }),
      );
      files.set(
        `/repo/${version}.snapshot.json`,
        metadata("snapshot", version, expires, { meta: { "targets.json": { version } } }),
      );
      files.set(
        "/repo/timestamp.json",
        metadata("timestamp", version, expires, { meta: { "snapshot.json": { version } } }),
      );
    },
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}
