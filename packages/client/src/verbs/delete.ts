import { ClientError } from "../errors.js";
import { isTagWritten, parseLocation, referenceOf } from "../location.js";
import type { VerbContext, VerbOptions } from "./verb-context.js";

/**
 * Deletes a manifest, when the reference has a digest, with all its tags; or a tag alone, which leaves the manifest.
 * Blobs stay: registries collect them.
 *
 * @throws ClientError `InvalidReference` for a reference without either: nothing is deleted by default.
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
