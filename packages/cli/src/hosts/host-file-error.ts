/** A file with settings of registries that cannot be used. Names it. */
export class HostFileError extends Error {
  override readonly name = "HostFileError";
  readonly code = "InvalidArgument";

  constructor(file: string, why: string, options?: ErrorOptions) {
    super(`${file}: ${why}`, options);
  }
}
