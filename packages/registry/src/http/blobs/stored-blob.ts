import type { BlobId } from "../../descriptor.js";
import { RegistryError } from "../../errors.js";
import type { BlobFinding, BlobQuestion } from "./blob-stat.js";
import { lookForBlob } from "./blob-stat.js";
import type { Endpoint } from "../layers/endpoint.js";
import type { Outcome } from "../answers/proof.js";
import type { FailedAction } from "../answers/response-error.js";
import { errorFromAnswer } from "../answers/response-error.js";

/** How often to look again for what may take a moment to appear. */
const moreLooks = 2;

/** Whether what a repository says that it has can be the blob. */
export function isSameBlob(finding: BlobFinding, { size }: BlobId): boolean {
  return finding.kind === "found" && finding.size === size && finding.otherDigest === undefined;
}

export interface StoredBlob {
  readonly question: BlobQuestion;
  readonly blob: BlobId;
  /** For errors. */
  readonly failed: FailedAction;
}

/**
 * Makes sure that a blob is there after an answer that claims so: nothing more to do where the answer has evidence, else a
 * HEAD. A registry that does not tell about blobs is believed when it says 201, as the specification wants it.
 *
 * @param hadOther The registry told of another size or digest before: then it has to take that back.
 * @throws RegistryError `DigestMismatch` when it has something else there; `InvalidResponse` when it has nothing.
 */
export async function requireStored(
  endpoint: Endpoint,
  { question, blob, failed }: StoredBlob,
  outcome: Outcome,
  hadOther: boolean,
): Promise<void> {
  if (outcome.kind === "refuted") throw otherBlob(failed, blob, `digest ${outcome.stored}`);
  if (outcome.kind === "proved" && !hadOther) return;
  for (let looks = 0; ; looks += 1) {
    const finding = await lookForBlob(endpoint, question);
    if (isSameBlob(finding, blob)) return;
    if (finding.kind === "found") {
      const { size, otherDigest } = finding;
      const told = otherDigest === undefined ? `${size} bytes` : `digest ${otherDigest}`;
      throw otherBlob(failed, blob, told);
    }
    if (outcome.kind === "proved") return;
    const { answer } = outcome;
    if (finding.kind === "untold" && answer.status === 201 && !answer.isPage) return;
    const { retryPolicy } = endpoint;
    const mayAppear = finding.kind === "absent" && !answer.isPage && looks < moreLooks;
    if (mayAppear && (await retryPolicy.pause(looks, undefined, question.signal))) continue;
    throw errorFromAnswer(
      answer,
      failed,
      "what answered claims to have it, and does not: that is no registry, or a broken one",
    );
  }
}

function otherBlob({ host, action, reference }: FailedAction, blob: BlobId, told: string): RegistryError {
  const message = `${host}: cannot ${action}: it has ${blob.size} bytes, and after the upload the registry still tells of ${told} under its digest: its storage is damaged, ask its operator`;
  return new RegistryError("DigestMismatch", message, { host, reference, digest: blob.digest });
}
