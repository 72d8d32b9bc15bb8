import { readFileSync } from "node:fs";
import path from "node:path";
import type { Authenticator } from "@blob/auth";
import type { DockerRegistry, DockerRegistryOptions } from "@blob/testing";
import { createTemporaryDirectory, hasProgram, startDockerRegistry } from "@blob/testing";
import { afterAll, describe } from "vitest";
import { createHttpRegistry } from "./http-registry.js";
import type { ContractSubject } from "./testing/tested-registry.js";
import { describeRegistry, testSha512Manifests } from "./registry.contract.js";
import type { Registry } from "./registry.js";
import { createLayoutRegistry } from "./layout/layout-registry.js";
import { createMemoryRegistry } from "./memory-registry.js";
import { createRegistryServer } from "./server/registry-server.js";
import { inNamespace } from "./testing/in-namespace.js";

const basic = `Basic ${Buffer.from("ann:secret:word").toString("base64")}`;

function withPassword(): Authenticator {
  let accepted: string | undefined;
  return {
    current: () => accepted,
    answer: async (_target, { rejected }) => (rejected === basic ? undefined : (accepted = basic)),
  };
}

const certificates = path.join(import.meta.dirname, "../fixtures/tls");
const tls = {
  certificate: path.join(certificates, "server.pem"),
  key: path.join(certificates, "server.key"),
};

/** One server for all tests, which start a process for each otherwise; a client and a namespace for every test. */
function overDocker(options: DockerRegistryOptions = {}): () => Promise<ContractSubject> {
  let started: Promise<DockerRegistry> | undefined;
  let subjects = 0;
  afterAll(async () => (await started)?.close());
  return async () => {
    started ??= startDockerRegistry(options);
    const { host } = await started;
    const registry = createHttpRegistry(host, {
      ...(options.tls === undefined
        ? { plainHttp: true }
        : { tls: { ca: readFileSync(path.join(certificates, "ca.pem"), "utf8") } }),
      ...(options.users === undefined ? {} : { authenticator: withPassword() }),
    });
    subjects += 1;
    return { registry: inNamespace(registry, `test-${subjects}`), close: () => registry.close() };
  };
}

describe.skipIf(!hasProgram("docker-registry"))("Debian's docker-registry", () => {
  describeRegistry("open", overDocker());
  describeRegistry("password-protected", overDocker({ users: { ann: "secret:word" } }));
  describeRegistry(
    "password-protected, with TLS and an authority of its own",
    overDocker({ tls, users: { ann: "secret:word" } }),
  );
});

async function overServer(
  behind: Registry,
  release = async (): Promise<void> => {},
): Promise<ContractSubject> {
  const server = await createRegistryServer(behind).listen();
  const registry = createHttpRegistry(server.host, { plainHttp: true });
  return {
    registry,
    async close() {
      await registry.close();
      await server.close();
      await release();
    },
  };
}

describe("the embedded server", () => {
  describeRegistry("over memory", () => overServer(createMemoryRegistry()));
  testSha512Manifests("a registry over memory", () => overServer(createMemoryRegistry()));
  describeRegistry("over a layout", async () => {
    const directory = await createTemporaryDirectory();
    return overServer(createLayoutRegistry(directory.path), () => directory.remove());
  });
});
