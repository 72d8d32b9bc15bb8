import { describeCredential } from "@blob/auth";
import { credentialsOf } from "../../session/credentials.js";
import type { Session } from "../../session/session.js";

export async function authStatus(session: Session, host: string): Promise<void> {
  const { output, signal } = session;
  const found = await describeCredential(await credentialsOf(session, [host]), { host }, { signal });
  await output.result(
    {
      host,
      authenticated: found !== undefined,
      source: found?.source ?? null,
      kind: found?.kind ?? null,
      username: found?.username ?? null,
    },
    () =>
      found === undefined
        ? [`${host}: no credentials, requests are anonymous`]
        : [`${host}: ${[found.kind, found.username, `from ${found.source}`].filter(Boolean).join(", ")}`],
  );
}
