/** The configuration file cannot be used: it does not parse, has something that does not belong there, or is unreadable. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
  readonly code = "InvalidConfig";
  /** The file, with the line where there is one. */
  readonly path: string;

  constructor(path: string, why: string, options?: ErrorOptions) {
    super(`${path}: ${why}`, options);
    this.path = path;
  }
}
