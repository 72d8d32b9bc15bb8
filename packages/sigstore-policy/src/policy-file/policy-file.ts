import { textOfBytes } from "@blob/core/text";
import path from "node:path";
import type { Policy } from "@blob/registry";
import { PolicyError } from "../errors.js";
import { readBeginning } from "../read-beginning.js";
import { buildPolicy } from "./build-policy.js";
import { readPolicyDocument } from "./policy-document.js";
import type { PolicyFileOptions, PolicyTextOptions } from "./policy-file-options.js";
import { maxPolicyFileBytes, parsePolicyYaml } from "./policy-yaml.js";

/**
 * The policy that a YAML file describes: all that it says has to hold. Keys that it names are read or fetched now, with
 * paths relative to the file; the trusted root is asked for when the policy is evaluated.
 *
 * @example
 * ```ts
 * const trusted = await policyFromFile("blob-policy.yaml", { trustedRoot: trustedRootTuf({ cacheDirectory }) });
 * ```
 *
 * @throws PolicyError `InvalidPolicy` with file, line and column; `KeyUnavailable`, `InvalidKey`, `UnsupportedKey`.
 */
export async function policyFromFile(file: string, options: PolicyFileOptions): Promise<Policy> {
  const text = await readPolicyFile(file);
  return parsePolicyFile(text, { ...options, file, directory: path.dirname(file) });
}

/**
 * As {@link policyFromFile}, for text that was read already.
 *
 * @throws PolicyError The same.
 */
export async function parsePolicyFile(text: string, options: PolicyTextOptions): Promise<Policy> {
  const { content, locate } = await parsePolicyYaml(text, options.file ?? "the policy");
  return buildPolicy(readPolicyDocument(content, locate), locate, options);
}

/**
 * As {@link policyFromFile}, for a policy inside of another document that is parsed already: plain mappings, lists
 * and texts.
 *
 * @param options `file` is the place of the policy, for messages: `config.yaml:7`.
 * @throws PolicyError The same.
 */
export function policyFromContent(content: unknown, options: PolicyTextOptions): Promise<Policy> {
  const locate = (): string => options.file ?? "the policy";
  return Promise.resolve().then(() => buildPolicy(readPolicyDocument(content, locate), locate, options));
}

async function readPolicyFile(file: string): Promise<string> {
  try {
    const bytes = await readBeginning(file, maxPolicyFileBytes);
    return textOfPolicy(bytes);
  } catch (cause) {
    throw new PolicyError("InvalidPolicy", `the policy file ${file} cannot be read`, { cause });
  }
}

/** Strictly: a policy must not mean something else than it says. UTF-16 is what Windows PowerShell writes, with its mark. */
function textOfPolicy(bytes: Uint8Array): string {
  const text = textOfBytes(bytes);
  if (text.includes("\ufffd") || text.includes("\0")) throw new Error("it is neither UTF-8 nor UTF-16");
  return text;
}
