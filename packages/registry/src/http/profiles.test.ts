import { createAuthenticator } from "@blob/auth";
import { profileUser, registryProfiles, startTestRegistry } from "@blob/testing";
import { createHttpRegistry } from "../http-registry.js";
import { describeRegistry } from "../registry.contract.js";
import { fakeClock } from "../testing/fake-http.js";

const found = { credential: { kind: "basic", ...profileUser }, source: "test" } as const;

for (const [name, quirks] of Object.entries(registryProfiles)) {
  describeRegistry(`something like ${name}`, async () => {
    const server = await startTestRegistry({ quirks });
    const registry = createHttpRegistry(server.host, {
      plainHttp: true,
      authenticator: createAuthenticator({ credentials: async () => found }),
      retry: { clock: fakeClock() },
    });
    return {
      registry,
      async close() {
        await registry.close();
        await server.close();
      },
    };
  });
}
