/** What a server shows, as its pages name it. */
export interface ServedSubject {
  /** As it was asked for. */
  readonly reference: string;
  /** Of its manifest; a local archive has none. */
  readonly digest: string | undefined;
  /** Who signed it, as the policies found that accepted it. None when no policy asked for a signature. */
  readonly signers: readonly string[];
}
