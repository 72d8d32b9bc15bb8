import type { Manifest, StatementClaim } from "@blob/registry";
import { PolicyError } from "../errors.js";

/** What a signature without any other claim says (cosign's bundle format). */
const signatureClaim: StatementClaim = {
  predicateType: "https://sigstore.dev/cosign/sign/v1",
  predicate: {},
};

export interface Statement {
  readonly predicateType: string;
  /** JSON, UTF-8. */
  readonly payload: Uint8Array;
}

/**
 * An in-toto statement (version 1) about a manifest, whose digest is its only subject.
 *
 * @throws PolicyError `InvalidSigner` for a predicate that JSON cannot hold
 */
export function statementAbout(manifest: Manifest, claim: StatementClaim = signatureClaim): Statement {
  const { predicateType, predicate } = claim;
  if (!URL.canParse(predicateType)) {
    throw new PolicyError(
      "InvalidSigner",
      `the predicate type ${JSON.stringify(predicateType)} is not a URI`,
    );
  }
  const statement = {
    _type: "https://in-toto.io/Statement/v1",
    subject: [{ digest: { sha256: sha256Of(manifest) } }],
    predicateType,
    predicate,
  };
  return { predicateType, payload: Buffer.from(jsonOf(statement, predicateType)) };
}

function jsonOf(statement: unknown, predicateType: string): string {
  try {
    return JSON.stringify(statement);
  } catch (cause) {
    const message = `the predicate of type ${predicateType} is not something that JSON can hold`;
    throw new PolicyError("InvalidSigner", message, { cause });
  }
}

function sha256Of({ descriptor }: Manifest): string {
  const hex = /^sha256:([0-9a-f]{64})$/u.exec(descriptor.digest)?.[1];
  if (hex !== undefined) return hex;
  throw new PolicyError("InvalidSigner", `only sha256 digests are signed, and not ${descriptor.digest}`);
}
