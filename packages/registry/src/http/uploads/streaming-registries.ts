/**
 * Registries that refuse a PATCH for its length or for what it is, and do so after it was sent: GHCR above 4 MiB (416),
 * Google's two altogether. Others are found out by trying.
 */
const withoutStreams: readonly RegExp[] = [
  /^ghcr\.io$/u,
  /^(?:[a-z]+\.)?gcr\.io$/u,
  /^[a-z0-9-]+-docker\.pkg\.dev$/u,
];

/** Whether to try to upload to a host what has no known length yet. */
export function mayTakeStreams(host: string): boolean {
  return !withoutStreams.some((name) => name.test(host));
}
