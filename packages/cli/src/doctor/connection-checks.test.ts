import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import path from "node:path";
import type { Server } from "node:tls";
import { createServer } from "node:tls";
import type { TemporaryDirectory } from "@blob/testing";
import { createTemporaryDirectory, hasProgram } from "@blob/testing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { checkConnection } from "./connection-checks.js";

if (!hasProgram("openssl"))
  console.info("openssl is not installed: tests of connections with TLS are skipped");

describe.skipIf(!hasProgram("openssl"))("a connection with TLS", () => {
  let directory: TemporaryDirectory;
  let server: Server;
  let url: URL;
  let ca = "";
  const { signal } = new AbortController();

  beforeAll(async () => {
    directory = await createTemporaryDirectory();
    const [key, cert] = ["key.pem", "cert.pem"].map((name) => path.join(directory.path, name));
    const request =
      "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /O=Acme/CN=localhost";
    execFileSync(
      "openssl",
      [
        ...request.split(" "),
        "-addext",
        "subjectAltName=IP:127.0.0.1",
        "-keyout",
        key ?? "",
        "-out",
        cert ?? "",
      ],
      { stdio: "ignore" },
    );
    ca = readFileSync(cert ?? "", "utf8");
    server = createServer({ key: readFileSync(key ?? ""), cert: ca }, (socket) =>
      socket.on("error", () => undefined),
    );
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    url = new URL(`https://127.0.0.1:${String((server.address() as AddressInfo).port)}`);
  });
  afterAll(async () => {
    server.close();
    await directory.remove();
  });

  test("whose authority is known: tells version, names and until when", async () => {
    const { status, message } = await checkConnection(url, { tls: { ca }, orPlain: false }, signal);
    expect(status).toBe("ok");
    expect(message).toMatch(/TLSv1\.3, certificate of localhost by Acme until \w{3} .* GMT, \d+ ms$/u);
  });

  test("whose authority is not known is an error, unless that does not matter", async () => {
    await expect(checkConnection(url, { tls: {}, orPlain: false }, signal)).rejects.toMatchObject({
      code: "Network",
    });
    expect(
      (await checkConnection(url, { tls: { insecure: true }, orPlain: false }, signal)).message,
    ).toContain("NOT trusted");
  });

  test("that is aborted ends", async () => {
    const reason = new Error("enough");
    await expect(
      checkConnection(url, { tls: { ca }, orPlain: false }, AbortSignal.abort(reason)),
    ).rejects.toBe(reason);
  });
});
