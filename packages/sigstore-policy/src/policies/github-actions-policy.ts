import type { Policy } from "@blob/registry";
import type { CertificateClaims } from "../verify/certificate-claims.js";
import { matchesGlob } from "../verify/glob.js";
import { shown } from "../verify/refusal.js";
import type { TrustedRootSource } from "../verify/trusted-root-source.js";
import { attestationPolicy } from "./attestation-policy.js";
import { openRefs, refRule, type RefOptions } from "./refs.js";
import type { KeylessThresholds } from "../verify/requirements.js";
import { certificateRequirement, invalid, type CertificateRule } from "../verify/resolve-requirement.js";
import type { PredicateOptions } from "./sigstore-policy.js";
import { oneRepository, type SourceRepository } from "./source-repository.js";
import { signedPredicateType } from "./verified-attestation.js";

/** Which jobs of a repository do. */
export interface GitHubActionsRequirement extends RefOptions {
  /** What certificates, log entries and times are checked with. */
  readonly trustedRoot: TrustedRootSource;
  /** How many witnesses a signature needs. Default: one of each kind. */
  readonly thresholds?: KeylessThresholds | undefined;
  /** The workflow that was started, a path in the repository: `.github/workflows/release.yml`. Default: any. */
  readonly workflow?: string | undefined;
  /**
   * The reusable workflow whose job signed: `acme/ci/.github/workflows/build.yml`, with `@refs/tags/v*` behind it to
   * pin its ref. Default: one in the repository itself.
   */
  readonly signerWorkflow?: string | undefined;
  /** The events that start it, such as `push`. Default: any. */
  readonly events?: readonly string[] | undefined;
  /** The repository's number, which a new repository of the same name does not have. Default: any. */
  readonly repositoryId?: string | undefined;
  /** The number of the repository's owner. Default: any. */
  readonly ownerId?: string | undefined;
  /** Of the job's token. Default `https://token.actions.githubusercontent.com`. */
  readonly issuer?: string | undefined;
  /** Where the repository is. Default `https://github.com`. */
  readonly server?: string | undefined;
}

/** Which jobs do, and what they may state. */
export interface GitHubActionsPolicyOptions extends GitHubActionsRequirement, PredicateOptions {}

/**
 * A policy that accepts what a GitHub Actions job of a repository has signed. It decides on what the certificate says
 * about the job; the certificate's subject alone would name a reusable workflow, and not who called it.
 *
 * @example
 * ```ts
 * const trustedRoot = trustedRootTuf({ cacheDirectory });
 * const released = githubActionsPolicy("acme/site", { trustedRoot, tags: ["v*"], events: ["push"] });
 * ```
 *
 * @param repository `owner/name`.
 * @throws PolicyError `InvalidPolicy`; from `evaluate` as `sigstorePolicy`.
 */
export function githubActionsPolicy(repository: string, options: GitHubActionsPolicyOptions): Policy {
  const name = `signed by a job of ${repository}`;
  return attestationPolicy({
    name,
    requirement: certificateRequirement(
      name,
      githubActionsRule(name, gitHubRepository(name, repository, options), options),
      options.trustedRoot,
      options.thresholds,
    ),
    notRestricted: openForJobs(options),
    predicateTypes: options.predicateTypes ?? [signedPredicateType],
    refuse: () => undefined,
  });
}

/** What is left open without rules for refs and events. */
export function openForJobs(options: GitHubActionsRequirement): readonly string[] {
  const { events } = options;
  const anyEvent = "the event: whatever starts a job, also for people from outside (pull_request_target)";
  return [...openRefs(options), ...(events === undefined ? [anyEvent] : [])];
}

const gitHub = "https://github.com";
const defaultIssuer = "https://token.actions.githubusercontent.com";

/** @throws PolicyError `InvalidPolicy` */
export function gitHubRepository(
  policy: string,
  repository: string,
  { server = gitHub }: GitHubActionsRequirement,
): SourceRepository {
  if (!/^[\w.-]+\/[\w.-]+$/.test(repository)) throw invalid(policy, "a repository is written owner/name");
  return oneRepository(server, repository);
}

/** @throws PolicyError `InvalidPolicy` */
export function githubActionsRule(
  name: string,
  source: SourceRepository,
  options: GitHubActionsRequirement,
): CertificateRule {
  const { issuer = defaultIssuer, workflow, repositoryId, ownerId } = options;
  if (options.events?.length === 0)
    throw invalid(name, "an empty list of events: leave it out to accept all");
  const refuseRef = refRule(name, options);
  const refuseSigner = signerRule(name, options);
  return (claims) => {
    if (claims.issuer !== issuer) return differs("vouched for by", claims.issuer, issuer);
    const repository = claims.sourceRepositoryUri;
    if (!source.accepts(repository)) return differs("made from", repository, source.name);
    if (repositoryId !== undefined && claims.sourceRepositoryId !== repositoryId) {
      return differs("made from the repository", claims.sourceRepositoryId, repositoryId);
    }
    if (ownerId !== undefined && claims.sourceRepositoryOwnerId !== ownerId) {
      return differs("made for the owner", claims.sourceRepositoryOwnerId, ownerId);
    }
    const event = claims.buildTrigger;
    if (options.events !== undefined && (event === undefined || !options.events.includes(event))) {
      return differs("started by", event, options.events.join(" or "));
    }
    if (workflow !== undefined && !isWorkflow(claims.buildConfigUri, repository, workflow)) {
      return differs("made by", claims.buildConfigUri, `${repository}/${workflow}`);
    }
    return refuseRef(claims.sourceRepositoryRef) ?? refuseSigner(claims, repository);
  };
}

function signerRule(
  name: string,
  { signerWorkflow, server = gitHub }: GitHubActionsRequirement,
): (claims: CertificateClaims, repository: string) => string | undefined {
  if (signerWorkflow === undefined) {
    return (claims, repository) =>
      isSameSigner(claims) ??
      (claims.subject.toLowerCase().startsWith(`${repository}/`.toLowerCase())
        ? undefined
        : `signed by the workflow ${shown(claims.subject)}, which is not in ${repository.slice(server.length + 1)}`);
  }
  const { path, ref } = splitRef(signerWorkflow);
  if (!/^[\w.-]+\/[\w.-]+\/[^@]+$/.test(path)) {
    throw invalid(
      name,
      "a signer workflow is written owner/name/path, with @ and a ref when it is to be pinned",
    );
  }
  return (claims) => {
    const signer = splitRef(claims.subject);
    const same =
      isSameRepositoryPath(signer.path, `${server}/${path}`) &&
      (ref === undefined || (signer.ref !== undefined && matchesGlob(ref, signer.ref)));
    return isSameSigner(claims) ?? (same ? undefined : differs("signed by", claims.subject, signerWorkflow));
  };
}

/** Both come from the token's `job_workflow_ref`. */
function isSameSigner({ buildSignerUri, subject }: CertificateClaims): string | undefined {
  return buildSignerUri === subject ? undefined : differs("signed by", buildSignerUri, subject);
}

function isWorkflow(uri: string | undefined, source: string, workflow: string): boolean {
  return uri !== undefined && isSameRepositoryPath(splitRef(uri).path, `${source}/${workflow}`);
}

/** GitHub does not tell names that differ in case apart, but files it does. */
function isSameRepositoryPath(one: string, other: string): boolean {
  const [ours, theirs] = [one, other].map((path) => path.split("/.github/"));
  return (
    ours?.[0]?.toLowerCase() === theirs?.[0]?.toLowerCase() &&
    ours?.slice(1).join("/.github/") === theirs?.slice(1).join("/.github/")
  );
}

function splitRef(uri: string): { path: string; ref: string | undefined } {
  const at = uri.indexOf("@");
  return at < 0 ? { path: uri, ref: undefined } : { path: uri.slice(0, at), ref: uri.slice(at + 1) };
}

function differs(how: string, found: string | undefined, required: string): string {
  return `${how} ${found === undefined ? "what the certificate does not say" : shown(found)}, not ${required}`;
}
