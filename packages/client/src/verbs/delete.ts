import { ClientError } from "../errors.js";
import { isTagWritten, parseLocation, referenceOf } from "../location.js";
import type { VerbContext, VerbOptions } from "./verb-context.js";

/**
 * Deletes the manifest with all its tags if the reference has a digest; otherwise only the tag, and the manifest stays.
 * Blobs stay, too: registries collect them.
 *
 * @throws ClientError `InvalidReference` for a reference with neither tag nor digest: `latest` is not assumed here.
 */
export async function deleteReference(
  { registries }: VerbContext,
  reference: string,
  { signal }: VerbOptions = {},
): Promise<void> {
  const location = parseLocation(reference);
  if (location.digest === undefined && !isTagWritten(location)) {
    const message = `${reference}: say what to delete, a tag or a digest`;
    throw new ClientError("InvalidReference", message, { reference });
  }
  const { registry } = registries.open(location);
  await registry.deleteManifest(location.repository, referenceOf(location), { signal });
}
