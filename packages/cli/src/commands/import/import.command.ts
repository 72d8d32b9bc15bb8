import type { Declarations, DeclareCommand } from "../../command-line/command-declaration.js";
import { withExamples } from "../../command-line/help.js";
import { collect, positiveNumber, wholeNumber } from "../../command-line/flag-parsers.js";
import { addCompressionOptions } from "../create/create-options.js";
import { addSignerOptions } from "../sign/signer-options.js";
import type { ImportFlags } from "./import.js";

const declareImport: DeclareCommand = (command, run) => {
  withExamples(
    command,
    "blob import site.tar.gz ghcr.io/acme/site:v1",
    "docker export web | blob import - oci:./layout:v1",
    "blob import site.tar -d ./archive",
  );
  addCompressionOptions(
    addSignerOptions(
      command
        .argument("<input>", "a tar, plain or compressed with gzip or zstd; - is standard input")
        .argument("[reference]"),
    ).option("-d, --directory <directory>", "write index.blob and data.blob there instead of pushing"),
  )
    .option("--reproducible", "equal bytes for equal files: no times but SOURCE_DATE_EPOCH, no owners")
    .option("--max-files <count>", "refuse tars with more members (0: 200,000; -1: no limit)", wholeNumber)
    .option(
      "--max-bytes <count>",
      "refuse tars that are larger when decompressed (default: 64 GiB)",
      positiveNumber,
    )
    .option("--annotation <key=value>", "annotation of the manifest; may be repeated", collect)
    .option("-t, --tag <tag>", "another tag for the same archive; may be repeated", collect)
    .option("--sign", "sign what was pushed, with the flags of blob sign")
    .option("--strict", "exit with 6 when something was left out; it is pushed all the same")
    .option("--dry-run", "archive, say what would be pushed, and push nothing")
    .action((input: string, reference: string | undefined, flags: ImportFlags) =>
      run(async (session) => (await import("./import.js")).importTar(session, input, reference, flags)),
    );
};

export const declarations: Declarations = { import: declareImport };
