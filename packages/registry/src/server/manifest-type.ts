/**
 * Types that no browser runs or shows as anything but text: JSON, whatever it is called. Docker's first manifests are
 * signed JSON.
 */
const jsonType = /^application\/(?:json|[a-z0-9][a-z0-9!#$&^_.-]{0,100}\+(?:json|prettyjws))$/iu;

/** Whether a manifest may be given out as this type: whoever stores one chooses it, and a browser may be who asks. */
export function isManifestType(mediaType: string): boolean {
  return jsonType.test(mediaType);
}

/** The `Content-Type` for a stored manifest, which may have come into the store by other ways than this server. */
export function servedType(mediaType: string): string {
  return isManifestType(mediaType) ? mediaType : "application/octet-stream";
}
