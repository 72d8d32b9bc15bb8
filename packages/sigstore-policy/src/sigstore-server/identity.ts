import type { Der } from "../der/der-writer.js";
import { utf8String } from "../der/der-writer.js";
import type { SubjectAlternativeName } from "./certificate.js";
import { extension } from "./certificate.js";

/** The claims of an identity token (OpenID Connect Core, section 2), as far as certificates mention them. */
export type TokenClaims = Readonly<Record<string, string | boolean | number>>;

/** Claims as GitHub's issuer makes them for a workflow of `repository` that runs on `ref`; `overrides` replaces any. */
export function githubActionsClaims(
  repository: string,
  ref = "refs/heads/main",
  overrides: TokenClaims = {},
): TokenClaims {
  const workflow = `${repository}/.github/workflows/release.yml@${ref}`;
  const commit = "a".repeat(40);
  return {
    iss: "https://token.actions.githubusercontent.com",
    sub: `repo:${repository}:ref:${ref}`,
    event_name: "push",
    sha: commit,
    workflow: "Release",
    repository,
    ref,
    job_workflow_ref: workflow,
    job_workflow_sha: commit,
    workflow_ref: workflow,
    workflow_sha: commit,
    runner_environment: "github-hosted",
    repository_id: "1001",
    repository_owner: repository.split("/")[0] ?? "",
    repository_owner_id: "2002",
    repository_visibility: "public",
    run_id: "3003",
    run_attempt: "1",
    ...overrides,
  };
}

/** Whom Fulcio names for such claims: the workflow, the e-mail address, or the subject when it is a URI. */
export function subjectOf(claims: TokenClaims): SubjectAlternativeName | undefined {
  const text = (name: string): string | undefined => textOf(claims[name]);
  const workflow = text("job_workflow_ref");
  if (workflow !== undefined) return { type: "uri", value: `https://github.com/${workflow}` };
  const email = text("email");
  if (email !== undefined)
    return claims["email_verified"] === true ? { type: "email", value: email } : undefined;
  const subject = text("sub");
  return subject !== undefined && URL.canParse(subject) ? { type: "uri", value: subject } : undefined;
}

/** The extensions by which Fulcio passes claims on: the oldest of them as raw text, since .8 as UTF8String. */
export function identityExtensions(claims: TokenClaims): readonly Der[] {
  const text = (name: string): string | undefined => textOf(claims[name]);
  const github = (suffix: string | undefined): string | undefined =>
    suffix === undefined ? undefined : `https://github.com/${suffix}`;
  const repository = text("repository");
  const run =
    repository === undefined || text("run_id") === undefined
      ? undefined
      : `${repository}/actions/runs/${text("run_id") ?? ""}/attempts/${text("run_attempt") ?? "1"}`;
  const values: readonly (readonly [arc: number, value: string | undefined])[] = [
    [1, text("iss")],
    [2, text("event_name")],
    [3, text("sha")],
    [4, text("workflow")],
    [5, repository],
    [6, text("ref")],
    [8, text("iss")],
    [9, github(text("job_workflow_ref"))],
    [10, text("job_workflow_sha")],
    [11, text("runner_environment")],
    [12, github(repository)],
    [13, text("sha")],
    [14, text("ref")],
    [15, text("repository_id")],
    [16, github(text("repository_owner"))],
    [17, text("repository_owner_id")],
    [18, github(text("workflow_ref"))],
    [19, text("workflow_sha")],
    [20, text("event_name")],
    [21, github(run)],
    [22, text("repository_visibility")],
  ];
  return values.flatMap(([arc, value]) => (value === undefined ? [] : [identityExtension(arc, value)]));
}

/** One extension below 1.3.6.1.4.1.57264.1: raw text up to .7, a DER string from .8 on. */
export function identityExtension(arc: number, value: string): Der {
  return extension(`1.3.6.1.4.1.57264.1.${String(arc)}`, arc <= 7 ? Buffer.from(value) : utf8String(value));
}

function textOf(claim: string | boolean | number | undefined): string | undefined {
  return typeof claim === "string" && claim !== "" ? claim : undefined;
}
