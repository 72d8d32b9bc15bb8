import type { Document, LineCounter } from "yaml";
import { PolicyError } from "../errors.js";
import type { DocumentPath, Locate } from "./policy-document.js";

/** A policy has some hundred bytes. */
export const maxPolicyFileBytes: number = 64 * 1024;

/** Parsed YAML, and where its values stand. */
export interface PolicyYaml {
  readonly content: unknown;
  readonly locate: Locate;
}

/**
 * Parses the YAML of a policy file (YAML 1.2, core schema): one document, no key twice, no alias (a small file could
 * grow without end), no tag of another language.
 *
 * @param file For messages.
 * @throws PolicyError `InvalidPolicy`, with line and column.
 */
export async function parsePolicyYaml(text: string, file: string): Promise<PolicyYaml> {
  const invalid = (place: string, problem: string, cause?: unknown): PolicyError =>
    new PolicyError("InvalidPolicy", `${place}: ${problem}`, { cause });
  if (text.length > maxPolicyFileBytes) {
    throw invalid(file, `the policy file is larger than ${maxPolicyFileBytes} bytes`);
  }
  const { isNode, LineCounter, parseDocument, visit } = await import("yaml");
  const lines = new LineCounter();
  const at = (offset: number): string => placeOf(file, lines, offset);
  try {
    const document = parseDocument(text, {
      lineCounter: lines,
      schema: "core",
      merge: false,
      uniqueKeys: true,
      prettyErrors: false,
      // With "silent" a second document would be passed over.
      logLevel: "error",
    });
    const [problem] = [...document.errors, ...document.warnings];
    if (problem !== undefined) throw invalid(at(problem.pos[0]), problem.message);
    if (document.contents === null) throw invalid(file, "the policy file is empty");
    visit(document, {
      Alias: (_key, alias) => {
        throw invalid(at(alias.range?.[0] ?? 0), "a policy file cannot have YAML aliases");
      },
    });
    const locate: Locate = (path) => {
      const node = nearestNode(document, path);
      return at(isNode(node) ? (node.range?.[0] ?? 0) : 0);
    };
    return { content: document.toJS({ maxAliasCount: 0 }), locate };
  } catch (error) {
    if (error instanceof PolicyError) throw error;
    // Thousands of brackets exhaust the parser's stack.
    throw invalid(file, "the policy file cannot be parsed", error);
  }
}

function nearestNode(document: Document, path: DocumentPath): unknown {
  for (let length = path.length; length > 0; length -= 1) {
    const node = document.getIn(path.slice(0, length), true);
    if (node !== undefined && node !== null) return node;
  }
  return document.contents;
}

function placeOf(file: string, lines: LineCounter, offset: number): string {
  const { line, col } = lines.linePos(offset);
  return `${file}:${line}:${col}`;
}
