import { createHash } from "node:crypto";
import { Option } from "commander";
import type { Archive } from "@blob/format";
import type { ToTarOptions } from "@blob/format/tar";
import type { Declarations, DeclareCommand } from "../../command-line/command-declaration.js";
import { withExamples } from "../../command-line/help.js";
import { collect } from "../../command-line/flag-parsers.js";
import type { ExportFlags } from "./export-flags.js";
import type { ExportFormat } from "./export-format.js";
import { exportFormats, exportFormatOf } from "./export-format.js";
import type { OpenedArchive, Session } from "../../session/session.js";
import { counted, humanSize } from "../../output/sizes.js";
import { UsageError } from "../../errors/usage-error.js";
import { writeNewFile } from "../../output/new-file.js";

const declareExport: DeclareCommand = (command, run) => {
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
      run((session) => exportArchive(session, reference, destination, flags)),
    );
};

export const declarations: Declarations = { export: declareExport };

export async function exportArchive(
  session: Session,
  reference: string,
  destination: string | undefined,
  flags: ExportFlags,
): Promise<void> {
  checkFlags(destination, flags);
  const { file } = flags;
  if (destination !== undefined) {
    const { exportImage } = await import("./export-image.js");
    return exportImage(session, reference, destination, flags);
  }
  if (file === undefined)
    throw new UsageError("give the file to write with -o FILE, or - for standard output");
  if (file !== "-") return exportFile(session, reference, file, exportFormatOf(file, flags.format), flags);
  const { format } = flags;
  if (format === undefined) throw new UsageError("-o -: standard output has no name; give --format");
  return exportToOutput(session, reference, format, flags);
}

/** What was asked for, of one archive. */
interface Export {
  readonly opened: OpenedArchive;
  readonly chunks: AsyncIterable<Uint8Array>;
  readonly files: number;
  readonly size: number;
}

async function beginExport(
  session: Session,
  reference: string,
  format: ExportFormat,
  flags: ExportFlags,
): Promise<Export> {
  const opened = await session.open(reference, flags);
  const { archive } = opened;
  const [{ loadZstdDecoder, nodeSha256 }, onProgress] = await Promise.all([
    import("@blob/format/node"),
    session.progress(),
  ]);
  const { files, size } = archive.directoryStats(flags.prefix);
  const chunks = await chunksOf(archive, format, {
    directory: flags.prefix,
    strip: flags.stripPrefix,
    zstd: await loadZstdDecoder(),
    sha256: nodeSha256,
    signal: session.signal,
    onProgress,
  });
  return { opened, chunks, files, size };
}

async function chunksOf(
  archive: Archive,
  format: ExportFormat,
  options: ToTarOptions,
): Promise<AsyncIterable<Uint8Array>> {
  const [{ compressTar, toZip }, { toTar }] = await Promise.all([
    import("@blob/format/node"),
    import("@blob/format/tar"),
  ]);
  const { signal } = options;
  switch (format) {
    case "tar":
      return toTar(archive, options);
    case "tar.gz":
      return compressTar(toTar(archive, options), "gzip", { signal });
    case "tar.zst":
      return compressTar(toTar(archive, options), "zstd", { signal });
    case "zip":
      return toZip(archive, options);
  }
}

async function exportFile(
  session: Session,
  reference: string,
  file: string,
  format: ExportFormat,
  flags: ExportFlags,
): Promise<void> {
  const { opened, chunks, files, size } = await beginExport(session, reference, format, flags);
  const hash = createHash("sha256");
  let written = 0;
  async function* hashed(): AsyncGenerator<Uint8Array, void, undefined> {
    for await (const chunk of chunks) {
      hash.update(chunk);
      written += chunk.length;
      yield chunk;
    }
  }
  await writeNewFile(file, hashed());
  const digest = `sha256:${hash.digest("hex")}`;
  await session.output.result(
    {
      ref: reference,
      resolved_ref: opened.resolved,
      destination: file,
      format,
      digest,
      size: written,
      file_count: files,
      total_size: size,
      verified: opened.policies > 0,
      policies_applied: opened.policies,
    },
    () => [
      `Exported ${counted(files, "file")} (${humanSize(size)}) to ${file} (${humanSize(written)})`,
      `Digest: ${digest}`,
    ],
  );
}

/** The bytes are the result. Whoever reads them sees by our exit code, or by the end that is missing, when they are not whole. */
async function exportToOutput(
  session: Session,
  reference: string,
  format: ExportFormat,
  flags: ExportFlags,
): Promise<void> {
  if (session.io.stdout.isTTY === true) {
    throw new UsageError(`a ${format} would garble the terminal: redirect the output, or give -o FILE`);
  }
  const { chunks } = await beginExport(session, reference, format, flags);
  for await (const chunk of chunks) if (!(await session.output.bytes(chunk))) return;
  await session.standardOutput.flush();
}

function checkFlags(destination: string | undefined, flags: ExportFlags): void {
  const { image = false, file, format, platform, layerCompression, tag } = flags;
  if (flags.stripPrefix === true && flags.prefix === undefined) {
    throw new UsageError("--strip-prefix goes with --prefix");
  }
  const others = image
    ? { "-o": file, "--format": format }
    : { "--platform": platform, "--layer-compression": layerCompression, "--tag": tag };
  for (const [name, value] of Object.entries(others)) {
    if (value !== undefined) throw new UsageError(`${name} ${image ? "cannot go" : "goes"} with --image`);
  }
  if (image && destination === undefined) {
    throw new UsageError("--image: say where the image goes: HOST/REPOSITORY:TAG or oci:DIR:TAG");
  }
  if (!image && destination !== undefined) {
    throw new UsageError(`${destination}: give a file with -o, or --image to push an image there`);
  }
}
