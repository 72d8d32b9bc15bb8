import { resolvedReference } from "../session.js";
import type { Session } from "../session.js";

export async function tag(session: Session, source: string, destination: string): Promise<void> {
  const { digest } = await (await session.client()).tag(source, destination, { signal: session.signal });
  await session.output.result(
    {
      src_ref: source,
      resolved_src_ref: resolvedReference(source, digest),
      dst_ref: destination,
      resolved_dst_ref: resolvedReference(destination, digest),
      digest,
      status: "success",
    },
    () => [`Tagged ${destination}`, `Digest: ${digest}`],
  );
}
