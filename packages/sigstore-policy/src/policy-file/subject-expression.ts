import vm from "node:vm";
import { PolicyError } from "../errors.js";

const maxExpressionLength = 1024;
/** Longer than any workflow URI or e-mail address. */
const maxSubjectLength = 4096;
/** An expression that takes longer on one subject backtracks without end. */
const timeoutMs = 200;

/**
 * Whether the regular expression of a policy file fits a subject as a whole. Who wrote the file is trusted to mean
 * well, and the subject comes from a certificate that anybody can get: an expression that backtracks is stopped, and
 * what it cannot decide it does not fit.
 *
 * @throws PolicyError `InvalidPolicy` when it is no regular expression.
 */
export function subjectExpression(expression: string, place: string): (subject: string) => boolean {
  const { source } = compiled(expression, place);
  return (subject) => {
    if (subject.length > maxSubjectLength) return false;
    try {
      // In a context of its own only because that can be stopped.
      const result: unknown = vm.runInNewContext(
        "new RegExp(source, 'u').test(subject)",
        { source, subject },
        { timeout: timeoutMs },
      );
      return result === true;
    } catch {
      return false;
    }
  };
}

function compiled(expression: string, place: string): RegExp {
  if (expression.length > maxExpressionLength) {
    throw new PolicyError(
      "InvalidPolicy",
      `${place}: subject_regex is longer than ${maxExpressionLength} characters`,
    );
  }
  try {
    // Alone first: `a)|(b` would be one when it is wrapped.
    void new RegExp(expression, "u");
    return new RegExp(`^(?:${expression})$`, "u");
  } catch (cause) {
    throw new PolicyError("InvalidPolicy", `${place}: subject_regex is not a regular expression`, { cause });
  }
}
