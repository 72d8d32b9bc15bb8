/** What a word can be that is no command and no flag, and has no list of choices. */
export type WordKind =
  /** An alias, or a reference that has to be typed. */
  | "reference"
  /** `REF:/PATH`. */
  | "copySource"
  /** A path in the archive that the first argument names. */
  | "archivePath"
  /** The name of an alias that there is. */
  | "alias"
  /** Nothing that this command knows: shells offer files. */
  | "other";

/** By the names that arguments have in the declarations of commands. */
export const argumentKinds: Readonly<Record<string, WordKind>> = {
  reference: "reference",
  source: "reference",
  destination: "reference",
  before: "reference",
  after: "reference",
  repository: "reference",
  paths: "copySource",
  path: "archivePath",
  file: "archivePath",
  name: "alias",
  directory: "other",
  input: "other",
  artifact: "other",
  host: "other",
  key: "other",
  value: "other",
  type: "other",
  words: "other",
};

/** Of flags that take something else than a file or free text. */
export const flagKinds: Readonly<Record<string, WordKind>> = { "--prefix": "archivePath" };
