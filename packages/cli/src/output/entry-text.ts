/** Permission bits as `ls -l` shows a file's. */
export function formatMode(mode: number): string {
  const bits = (mode & 0o777).toString(2).padStart(9, "0");
  return `-${bits.replaceAll(/./gu, (bit, at: number) => (bit === "1" ? ("rwx"[at % 3] ?? "-") : "-"))}`;
}

/** A modification time in RFC 3339, UTC, to the nanosecond as far as it has them. */
export function isoTime(mtimeNs: bigint): string {
  const seconds = floorDivide(mtimeNs, 1_000_000_000n);
  const nanoseconds = mtimeNs - seconds * 1_000_000_000n;
  const fraction =
    nanoseconds === 0n ? "" : `.${nanoseconds.toString().padStart(9, "0").replace(/0+$/u, "")}`;
  return new Date(Number(seconds) * 1000).toISOString().replace(/\.\d+Z$/u, `${fraction}Z`);
}

/** The same for people: `2026-01-02 03:04`, UTC. */
export function formatTime(mtimeNs: bigint): string {
  return isoTime(mtimeNs).slice(0, 16).replace("T", " ");
}

function floorDivide(dividend: bigint, divisor: bigint): bigint {
  const quotient = dividend / divisor;
  return dividend % divisor < 0n ? quotient - 1n : quotient;
}
