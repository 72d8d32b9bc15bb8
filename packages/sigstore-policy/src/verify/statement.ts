import { valueAt } from "../json-path.js";
import { inTotoPayloadType } from "../bundle/bundle-json.js";
import { Refusal, shown } from "./refusal.js";
import { parseStrictJson } from "./strict-json.js";

/** What somebody states about an artifact (in-toto attestation framework). */
export interface Statement {
  readonly predicateType: string;
  /** Parsed JSON. */
  readonly predicate: unknown;
}

const statementTypes: readonly unknown[] = [
  "https://in-toto.io/Statement/v0.1",
  "https://in-toto.io/Statement/v1",
];

/** The statement of an envelope whose signature was verified, when it is about the artifact. */
export function readStatement(
  envelope: { readonly payloadType: string; readonly payload: Uint8Array },
  sha256: string,
): Statement {
  if (envelope.payloadType !== inTotoPayloadType) {
    throw new Refusal(
      `the envelope has the payload type ${shown(envelope.payloadType)}, not ${inTotoPayloadType}`,
    );
  }
  const statement = parseStrictJson(envelope.payload, "the statement");
  const type = valueAt(statement, "_type");
  if (!statementTypes.includes(type)) throw new Refusal(`the statement is of the type ${quoted(type)}`);
  const subjects = valueAt(statement, "subject");
  if (!Array.isArray(subjects) || subjects.length === 0) throw new Refusal("the statement has no subject");
  const digests: readonly unknown[] = subjects.map((subject: unknown) =>
    valueAt(subject, "digest", "sha256"),
  );
  if (!digests.includes(sha256)) {
    throw new Refusal(`the statement is about sha256:${quoted(digests[0])}, not sha256:${sha256}`);
  }
  const predicateType = valueAt(statement, "predicateType");
  if (typeof predicateType !== "string" || predicateType === "") {
    throw new Refusal("the statement has no predicate type");
  }
  return { predicateType, predicate: valueAt(statement, "predicate") };
}

function quoted(value: unknown): string {
  return typeof value === "string" ? shown(value) : "nothing";
}
