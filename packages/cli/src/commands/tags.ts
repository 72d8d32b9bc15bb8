import type { Session } from "../session.js";

export async function tags(session: Session, repository: string): Promise<void> {
  const { output, signal } = session;
  const found: string[] = [];
  for await (const tag of (await session.client()).tags(session.expand(repository), { signal }))
    found.push(tag);
  await output.result({ repository, tags: found }, () => found);
}
