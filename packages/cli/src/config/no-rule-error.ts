/** No rule of the configuration is about a reference, and the configuration has such references refused. */
export class NoRuleError extends Error {
  override readonly name = "NoRuleError";
  readonly code = "NoRule";
  /** As it was given to the command. */
  readonly reference: string;

  constructor(reference: string) {
    super(
      `${reference} is refused: no policy of the configuration is about it, and policy_default is refuse`,
    );
    this.reference = reference;
  }
}
