/**
 * As far as the two fields for times of a zip go, which are for 1980 and later, and until 2038. Not the first day of 1980:
 * where that begins differs among zones, and the library asks.
 */
const firstSecond = 315_619_200;
const lastSecond = 0x7fff_ffff;

/**
 * A date whose local time is UTC, wherever this runs. A zip has local times without a zone: a library that asks for the
 * local time of the writer makes another zip in each zone.
 */
class UtcDate extends Date {
  override getFullYear(): number {
    return this.getUTCFullYear();
  }
  override getMonth(): number {
    return this.getUTCMonth();
  }
  override getDate(): number {
    return this.getUTCDate();
  }
  override getHours(): number {
    return this.getUTCHours();
  }
  override getMinutes(): number {
    return this.getUTCMinutes();
  }
  override getSeconds(): number {
    return this.getUTCSeconds();
  }
}

/** The nearest time that a zip can have, in whole seconds. */
export function utcDate(mtimeNs: bigint): Date {
  const seconds = Math.floor(Number(mtimeNs / 1_000_000n) / 1000);
  return new UtcDate(Math.min(Math.max(seconds, firstSecond), lastSecond) * 1000);
}
