import { Option } from "commander";
import type { DeclareCommand } from "../../command-line/command-declaration.js";
import { withExamples } from "../../command-line/command-declaration.js";
import { collect } from "../../command-line/flag-parsers.js";
import type { ExportFlags } from "./export-flags.js";
import { exportFormats } from "./export-format.js";

export const declareExport: DeclareCommand = (command, run) => {
  withExamples(
    command,
    "blob export ghcr.io/acme/site:v1 -o site.tar.zst",
    "blob export ghcr.io/acme/site:v1 --prefix css --format tar -o - | tar -tf -",
    "blob export --image ghcr.io/acme/site:v1 ghcr.io/acme/site-image:v1",
  );
  command
    .argument("<reference>")
    .argument("[destination]", "with --image: where the image goes, HOST/REPOSITORY:TAG or oci:DIR:TAG")
    .option("-o, --file <file>", "the file to write; - is standard output, and needs --format")
    .addOption(
      new Option("--format <format>", "what to write (default: what the file's name ends in)").choices([
        ...exportFormats,
      ]),
    )
    .option("-p, --prefix <path>", "only what is below this directory of the archive")
    .option("--strip-prefix", "what is in that directory is at the top")
    .option(
      "--image",
      "push an OCI image with one layer instead, for containers and as a volume of Kubernetes",
    )
    .option(
      "--platform <os/architecture>",
      "with --image: what the image says it is for (default: linux/amd64)",
    )
    .addOption(
      new Option(
        "--layer-compression <codec>",
        "with --image (default: gzip, which everything reads)",
      ).choices(["gzip", "zstd", "none"]),
    )
    .option("-t, --tag <tag>", "with --image: another tag for the image; may be repeated", collect)
    .option("--policy <file>", "a policy file that has to accept the archive; may be repeated", collect)
    .option("--no-default-policy", "leave the configured policies out")
    .action((reference: string, destination: string | undefined, flags: ExportFlags) =>
      run(async (session) =>
        (await import("./export.js")).exportArchive(session, reference, destination, flags),
      ),
    );
};
