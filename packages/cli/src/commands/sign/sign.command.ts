import type { DeclareCommand } from "../../command-line/command-declaration.js";
import { withExamples } from "../../command-line/command-declaration.js";
import type { AttestFlags, SignFlags } from "./sign.js";
import { addSignerOptions } from "./signer-options.js";

export const declareSign: DeclareCommand = (command, run) => {
  withExamples(
    command,
    "blob sign ghcr.io/acme/site@sha256:…",
    "blob sign --key release.key --no-log ghcr.io/acme/site:v1",
  );
  addSignerOptions(
    command.argument("<reference>", "best with a digest: a tag may have moved since you looked"),
  )
    .option("--output-signature <file>", "also write the bundle to this file")
    .action((reference: string, flags: SignFlags) =>
      run(async (session) => (await import("./sign.js")).sign(session, reference, flags)),
    );
};

export const declareAttest: DeclareCommand = (command, run) => {
  withExamples(
    command,
    "blob attest --type https://slsa.dev/provenance/v1 --predicate provenance.json ghcr.io/acme/site:v1",
    "blob attest --type spdxjson --predicate sbom.json --key release.key ghcr.io/acme/site:v1",
  );
  addSignerOptions(command.argument("<reference>"))
    .requiredOption(
      "--type <type>",
      "what the predicate is: a URI, or slsaprovenance, spdxjson, cyclonedx, vuln",
    )
    .requiredOption("--predicate <file>", "JSON: what is claimed")
    .option("--output-signature <file>", "also write the bundle to this file")
    .action((reference: string, flags: AttestFlags) =>
      run(async (session) => (await import("./sign.js")).attest(session, reference, flags)),
    );
};
