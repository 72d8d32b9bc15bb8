import type { RefusalReason } from "../../errors.js";
import type { Answer } from "./answer.js";

/** How registries say what their codes do not: the first that fits. */
const wordings: readonly (readonly [reason: RefusalReason, words: RegExp])[] = [
  // Go, nginx and Apache.
  ["PlainHttpToTls", /HTTP request (?:was sent )?to (?:an |the )?HTTPS|plain HTTP to an SSL/iu],
  // ECR, Harbor, Artifact Registry, Quay, ACR.
  ["ImmutableTag", /\bimmutable\b|tag.{0,80}(?:already exists|cannot be (?:overwritten|updated|changed))/iu],
  // Harbor, GitLab, ACR, Quay.
  [
    "QuotaExceeded",
    /\bquota\b|exceed.{0,60}(?:upper|storage|size) limit|storage (?:limit|is full)|out of (?:disk )?space/iu,
  ],
  [
    "UnknownType",
    /(?:unknown|unsupported|invalid|not allowed|disallowed).{0,40}(?:media ?type|artifact ?type)|(?:media ?type|artifact ?type).{0,60}(?:unknown|unsupported|not (?:allowed|supported|permitted))/iu,
  ],
];

/** What a refusal means, by its status and by the registry's own words. */
export function refusalReason({
  status,
  complaint,
  words,
}: Pick<Answer, "status" | "complaint" | "words">): RefusalReason | undefined {
  if (status < 400 || status === 404) return undefined;
  const said = `${complaint?.message ?? ""} ${words}`;
  const found = wordings.find(([, wording]) => wording.test(said))?.[0];
  return found ?? (status === 507 ? "QuotaExceeded" : undefined);
}
