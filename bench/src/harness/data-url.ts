import { createClient } from "@blob/client";

/** Where the data blob of an archive in a registry is, for programs that know nothing of archives. */
export async function dataUrl(reference: string): Promise<string> {
  await using client = createClient({ plainHttp: true });
  const { data } = await client.fetch(reference);
  const slash = reference.indexOf("/");
  const repository = reference.slice(slash + 1, reference.lastIndexOf(":"));
  return `http://${reference.slice(0, slash)}/v2/${repository}/blobs/${data.digest}`;
}
