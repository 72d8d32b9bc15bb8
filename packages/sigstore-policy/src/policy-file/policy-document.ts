import { PolicyError } from "../errors.js";

/** Names and indexes that lead to a value of a policy file. */
export type DocumentPath = readonly (string | number)[];

/** A place for messages: `policy.yaml:3:5`. */
export type Locate = (path: DocumentPath) => string;

/** How to find the public key of a signature. */
export type KeySource = { readonly path: string } | { readonly url: string };

export type SignatureRule =
  | { readonly kind: "identity"; readonly issuer: string; readonly subject: string }
  | { readonly kind: "expression"; readonly issuer: string; readonly expression: string }
  | { readonly kind: "key"; readonly key: KeySource };

export interface ProvenanceRule {
  readonly builder: string | undefined;
  /** Undefined only with a builder: whatever that has built. */
  readonly repository: string | undefined;
  readonly branches: readonly string[] | undefined;
  readonly tags: readonly string[] | undefined;
}

/** What a policy file says. One of both is there. */
export interface PolicyDocument {
  readonly signature: SignatureRule | undefined;
  readonly provenance: ProvenanceRule | undefined;
}

/**
 * Reads the parsed content of a policy file. Nothing is passed over: what is unknown, missing, empty or of another type
 * is an error, for whoever wrote it meant something by it.
 *
 * @throws PolicyError `InvalidPolicy`
 */
export function readPolicyDocument(content: unknown, locate: Locate): PolicyDocument {
  const reader = new Reader(locate);
  const top = reader.mapping(content, [], ["signature", "provenance"]);
  const signature = top.has("signature") ? readSignature(reader, top.get("signature")) : undefined;
  const provenance = top.has("provenance") ? readProvenance(reader, top.get("provenance")) : undefined;
  if (signature === undefined && provenance === undefined) {
    throw reader.error([], "a policy needs a signature, a provenance, or both");
  }
  return { signature, provenance };
}

function readSignature(reader: Reader, value: unknown): SignatureRule {
  const path = ["signature"];
  const names = ["keyless", "key", "issuer", "subject_regex"];
  const rule = reader.mapping(value, path, names);
  const isFlat = rule.has("issuer") || rule.has("subject_regex");
  if (Number(isFlat) + Number(rule.has("keyless")) + Number(rule.has("key")) !== 1) {
    throw reader.error(path, "signature needs exactly one of keyless, key, or issuer with subject_regex");
  }
  if (isFlat) {
    const issuer = reader.text(rule, path, "issuer");
    const expression = reader.text(rule, path, "subject_regex");
    return { kind: "expression", issuer, expression };
  }
  if (rule.has("key")) return { kind: "key", key: readKey(reader, rule.get("key")) };
  const inner = ["signature", "keyless"];
  const keyless = reader.mapping(rule.get("keyless"), inner, ["issuer", "identity"]);
  const issuer = reader.text(keyless, inner, "issuer");
  return { kind: "identity", issuer, subject: reader.text(keyless, inner, "identity") };
}

function readKey(reader: Reader, value: unknown): KeySource {
  const path = ["signature", "key"];
  const key = reader.mapping(value, path, ["path", "url"]);
  if (key.size !== 1) throw reader.error(path, "key needs either path or url");
  return key.has("path") ? { path: reader.text(key, path, "path") } : { url: reader.text(key, path, "url") };
}

function readProvenance(reader: Reader, value: unknown): ProvenanceRule {
  const path = ["provenance"];
  const repositoryOf = (
    builder: string | undefined,
    ...[mapping, place, name]: Parameters<Reader["text"]>
  ): string | undefined =>
    builder === undefined ? reader.text(mapping, place, name) : reader.optionalText(mapping, place, name);
  const flat = ["builder", "source_repo", "branches", "tags"];
  const rule = reader.mapping(value, path, ["slsa", ...flat]);
  if (!rule.has("slsa")) {
    const builder = reader.optionalText(rule, path, "builder");
    return {
      builder,
      repository: repositoryOf(builder, rule, path, "source_repo"),
      branches: reader.texts(rule, path, "branches"),
      tags: reader.texts(rule, path, "tags"),
    };
  }
  if (rule.size > 1)
    throw reader.error(path, "provenance has slsa and keys of the flat form: use one of both");
  const inner = ["provenance", "slsa"];
  const slsa = reader.mapping(rule.get("slsa"), inner, ["builder", "repository", "branch", "tag"]);
  const listOf = (name: string): readonly string[] | undefined => {
    const text = reader.optionalText(slsa, inner, name);
    return text === undefined ? undefined : [text];
  };
  const builder = reader.optionalText(slsa, inner, "builder");
  return {
    builder,
    repository: repositoryOf(builder, slsa, inner, "repository"),
    branches: listOf("branch"),
    tags: listOf("tag"),
  };
}

type Mapping = ReadonlyMap<string, unknown>;

class Reader {
  readonly #locate: Locate;

  constructor(locate: Locate) {
    this.#locate = locate;
  }

  mapping(value: unknown, path: DocumentPath, names: readonly string[]): Mapping {
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      throw this.error(path, `${nameOf(path)} has to be a mapping with ${names.join(", ")}`);
    }
    const entries = new Map<string, unknown>(Object.entries(value));
    for (const name of entries.keys()) {
      if (!names.includes(name)) {
        const known = `known here: ${names.join(", ")}`;
        throw this.error(
          [...path, name],
          `${nameOf(path)} has an unknown key ${JSON.stringify(name)} (${known})`,
        );
      }
    }
    return entries;
  }

  text(mapping: Mapping, path: DocumentPath, name: string): string {
    if (!mapping.has(name)) throw this.error(path, `${nameOf(path)} has no ${name}`);
    return this.#text(mapping.get(name), [...path, name]);
  }

  optionalText(mapping: Mapping, path: DocumentPath, name: string): string | undefined {
    return mapping.has(name) ? this.text(mapping, path, name) : undefined;
  }

  texts(mapping: Mapping, path: DocumentPath, name: string): readonly string[] | undefined {
    if (!mapping.has(name)) return undefined;
    const list: unknown = mapping.get(name);
    const here = [...path, name];
    if (!Array.isArray(list) || list.length === 0) {
      throw this.error(
        here,
        `${nameOf(here)} has to be a list with at least one text: leave it out to accept all`,
      );
    }
    return list.map((item: unknown, index) => this.#text(item, [...here, index]));
  }

  error(path: DocumentPath, problem: string): PolicyError {
    return new PolicyError("InvalidPolicy", `${this.#locate(path)}: ${problem}`);
  }

  #text(value: unknown, path: DocumentPath): string {
    if (typeof value === "string" && value.trim() !== "") return value;
    throw this.error(path, `${nameOf(path)} has to be a text that is not empty`);
  }
}

function nameOf(path: DocumentPath): string {
  return path.length === 0 ? "the policy" : path.join(".");
}
