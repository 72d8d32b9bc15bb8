/** Whether a value is an error of the operating system with one of these codes (`ENOENT`), or any when none is given. */
export function isSystemError(value: unknown, ...codes: readonly string[]): value is NodeJS.ErrnoException {
  const code = systemCodeOf(value);
  return code !== undefined && (codes.length === 0 || codes.includes(code));
}

/** The code of an error of the operating system, such as `ENOENT`. */
export function systemCodeOf(value: unknown): string | undefined {
  return value instanceof Error && "code" in value && typeof value.code === "string" ? value.code : undefined;
}

/** Whether something is not there: neither the file, nor a directory on the way to it. */
export function isMissing(error: unknown): boolean {
  return isSystemError(error, "ENOENT", "ENOTDIR");
}
