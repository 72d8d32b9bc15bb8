import type { Authenticator } from "@blob/auth";
import { hasProgram, startDockerRegistry } from "@blob/testing";
import { describe } from "vitest";
import { createHttpRegistry } from "./http-registry.js";
import type { ContractSubject } from "./registry.contract.js";
import { describeRegistry } from "./registry.contract.js";

const basic = `Basic ${Buffer.from("ann:secret:word").toString("base64")}`;

function withPassword(): Authenticator {
  let accepted: string | undefined;
  return {
    current: () => accepted,
    answer: async (_target, { rejected }) => (rejected === basic ? undefined : (accepted = basic)),
  };
}

async function overDocker(users?: Readonly<Record<string, string>>): Promise<ContractSubject> {
  const server = await startDockerRegistry(users === undefined ? {} : { users });
  const registry = createHttpRegistry(server.host, {
    plainHttp: true,
    ...(users === undefined ? {} : { authenticator: withPassword() }),
  });
  return {
    registry,
    async close() {
      await registry.close();
      await server.close();
    },
  };
}

describe.skipIf(!hasProgram("docker-registry"))("Debian's docker-registry", () => {
  describeRegistry("open", () => overDocker());
  describeRegistry("password-protected", () => overDocker({ ann: "secret:word" }));
});
