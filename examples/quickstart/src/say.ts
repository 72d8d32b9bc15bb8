/** One readable line. */
export function say(what: string, how: string): void {
  console.log(`${what.padEnd(14)} ${how}`);
}

export function size(bytes: number): string {
  return bytes < 10_000 ? `${String(bytes)} bytes` : `${(bytes / 1000).toFixed(0)} kB`;
}
