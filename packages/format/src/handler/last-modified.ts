/** A modification time in whole seconds, as HTTP has it; undefined when it is before 1970 or in the future (RFC 9110, 8.8.2.1). */
export function lastModified(mtimeNs: bigint, nowSeconds: number): number | undefined {
  const seconds = mtimeNs / 1_000_000_000n;
  return seconds > 0n && seconds <= BigInt(Math.floor(nowSeconds)) ? Number(seconds) : undefined;
}
