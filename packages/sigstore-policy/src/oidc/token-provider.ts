/** What a token is wanted for. */
export interface TokenOptions {
  /** Who the token is for. The public Sigstore services want `sigstore`. */
  readonly audience: string;
  /** Ends the waiting, with its own reason. */
  readonly signal?: AbortSignal | undefined;
}

/** Gets tokens that prove an identity to a certificate authority: OpenID Connect ID tokens (JWT). */
export interface TokenProvider {
  /** For messages: where the tokens come from. */
  readonly name: string;
  /**
   * A token that has not expired and has this audience. Its signature is for the authority to check. No error quotes
   * a token, nor the answer of whoever should have issued one.
   *
   * @throws PolicyError `IdentityUnavailable`, `InvalidToken`
   */
  token(options: TokenOptions): Promise<string>;
}
