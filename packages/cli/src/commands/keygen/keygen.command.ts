import { Option } from "commander";
import type { Declarations, DeclareCommand } from "../../command-line/command-declaration.js";
import { withExamples } from "../../command-line/help.js";
import type { KeygenFlags } from "./keygen.js";

const declareKeygen: DeclareCommand = (command, run) => {
  withExamples(
    command,
    "blob keygen release",
    "blob sign --key release.key ghcr.io/acme/site:v1",
    "blob verify --key release.pub ghcr.io/acme/site:v1",
  );
  command
    .argument("[name]", "what the files are called, without .key and .pub", "blob")
    .addOption(new Option("--algorithm <name>", "kind of key").choices(["p256", "ed25519"]).default("p256"))
    .addOption(
      new Option("--format <name>", "pkcs8 is what most programs read, cosign what cosign does")
        .choices(["pkcs8", "cosign"])
        .default("pkcs8"),
    )
    .option("--no-password", "do not encrypt the private key (default: ask, or take BLOB_KEY_PASSWORD)")
    .option("-f, --force", "replace files that are there")
    .action((name: string, flags: KeygenFlags) =>
      run(async (session) => (await import("./keygen.js")).keygen(session, name, flags), {
        withoutConfig: true,
      }),
    );
};

export const declarations: Declarations = { keygen: declareKeygen };
