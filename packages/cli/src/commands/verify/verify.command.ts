import type { Declarations, DeclareCommand } from "../../command-line/command-declaration.js";
import { withExamples } from "../../command-line/help.js";
import { collect } from "../../command-line/flag-parsers.js";
import type { VerifyBundleFlags } from "./verify-bundle.js";
import type { VerifyFlags } from "./verify.js";

const declareVerify: DeclareCommand = (command, run) => {
  withExamples(
    command,
    "blob verify --key release.pub ghcr.io/acme/site:v1",
    "blob verify --repo acme/site --tags 'v*' ghcr.io/acme/site:v1",
    "blob verify --issuer https://accounts.google.com --identity me@example.com ghcr.io/acme/site:v1",
    "blob verify --policy policy.yaml ghcr.io/acme/site:v1",
  );
  command
    .argument("<reference>")
    .option("--policy <file>", "a policy file; may be repeated, and all have to hold", collect)
    .option("--no-default-policy", "leave the configured policies out")
    .option("--key <file>", "signed with this public key")
    .option("--issuer <url>", "signed by an identity of this issuer; needs --identity")
    .option(
      "--identity <subject>",
      "signed by this identity: an address, or the URI of a workflow; * within a segment",
    )
    .option("--repo <owner/name>", "signed by a GitHub Actions job of this repository")
    .option("--branches <name>", "of --repo: on this branch; may be repeated", collect)
    .option("--tags <name>", "of --repo: on this tag; may be repeated", collect)
    .option("--trusted-root <file>", "whom to trust; default: the public Sigstore, kept up to date")
    .option("--offline", "do not ask anybody for the trusted root")
    .action((reference: string, flags: VerifyFlags) =>
      run(async (session) => (await import("./verify.js")).verify(session, reference, flags)),
    );
};

const declareVerifyBundle: DeclareCommand = (command, run) => {
  withExamples(
    command,
    "blob verify-bundle --bundle site.sigstore.json --key release.pub manifest.json",
    "blob verify-bundle --bundle b.json --trusted-root root.json --issuer URL --identity me@example.com sha256:…",
  );
  command
    .argument("<artifact>", "a file, or its digest as sha256:HEX")
    .requiredOption("--bundle <file>", "a Sigstore bundle")
    .option("--key <file>", "signed with this public key")
    .option("--issuer <url>", "signed by an identity of this issuer; needs --identity")
    .option("--identity <subject>", "signed by this identity")
    .option("--trusted-root <file>", "whom to trust; default: the public Sigstore, kept up to date")
    .option("--offline", "do not ask anybody for the trusted root")
    .action((artifact: string, flags: VerifyBundleFlags) =>
      run(async (session) => (await import("./verify-bundle.js")).verifyBundleFile(session, artifact, flags)),
    );
};

export const declarations: Declarations = { verify: declareVerify, "verify-bundle": declareVerifyBundle };
