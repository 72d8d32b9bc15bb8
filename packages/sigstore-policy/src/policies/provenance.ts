import { valueAt } from "../json-path.js";

export const slsaV1 = "https://slsa.dev/provenance/v1";
export const slsaV02 = "https://slsa.dev/provenance/v0.2";

/** Where a build came from, as its provenance says it. */
export interface Provenance {
  readonly builder: string | undefined;
  /** A URL without a ref. */
  readonly repository: string | undefined;
  readonly ref: string | undefined;
  /** A path in the repository. */
  readonly workflow: string | undefined;
}

/** Reads SLSA provenance of the two versions that are in use. What is not there, or no string, is undefined. */
export function readProvenance(predicateType: string, predicate: unknown): Provenance {
  if (predicateType === slsaV1) {
    const workflow = valueAt(predicate, "buildDefinition", "externalParameters", "workflow");
    return {
      builder: text(valueAt(predicate, "runDetails", "builder", "id")),
      repository: text(valueAt(workflow, "repository")),
      ref: text(valueAt(workflow, "ref")),
      workflow: text(valueAt(workflow, "path")),
    };
  }
  const source = valueAt(predicate, "invocation", "configSource");
  // SPDX download location: git+https://github.com/acme/site@refs/heads/main
  const match = /^git\+(https:\/\/[^@]+)@(refs\/.+)$/.exec(text(valueAt(source, "uri")) ?? "");
  return {
    builder: text(valueAt(predicate, "builder", "id")),
    repository: match?.[1],
    ref: match?.[2],
    workflow: text(valueAt(source, "entryPoint")),
  };
}

function text(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}
