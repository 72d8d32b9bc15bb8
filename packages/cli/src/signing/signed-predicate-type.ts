/** What a signature states when it states nothing else. */
export const signedPredicateType = "https://sigstore.dev/cosign/sign/v1";
