// Keeps a report of each package's public API in packages/*/etc, so that a breaking change shows in a diff.
//   node tools/api-reports.mjs            writes the reports
//   node tools/api-reports.mjs --verify   fails when one is not up to date
import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { Extractor, ExtractorConfig, ExtractorLogLevel } from "@microsoft/api-extractor";

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const verify = process.argv.includes("--verify");
let stale = 0;

for (const name of readdirSync(path.join(root, "packages"))) {
  const folder = path.join(root, "packages", name);
  const { exports } = JSON.parse(readFileSync(path.join(folder, "package.json"), "utf8"));
  for (const [subpath, target] of Object.entries(exports)) {
    if (typeof target === "object") report(folder, subpath, target.types);
  }
}
if (stale > 0) {
  console.error("API reports are not up to date: run `pnpm api` and commit what it wrote");
  process.exit(1);
}

/**
 * @param {string} folder
 * @param {string} subpath
 * @param {string} types
 */
function report(folder, subpath, types) {
  const reportFolder = path.join(folder, "etc");
  mkdirSync(reportFolder, { recursive: true });
  const packageName = path.basename(folder);
  const reportFileName = `${packageName}${subpath.slice(1).replaceAll("/", "-")}.api.md`;
  const config = ExtractorConfig.prepare({
    configObjectFullPath: path.join(folder, "api-extractor.json"),
    packageJsonFullPath: path.join(folder, "package.json"),
    configObject: {
      projectFolder: folder,
      mainEntryPointFilePath: path.join(folder, types),
      compiler: {
        overrideTsconfig: {
          compilerOptions: {
            target: "ES2022",
            lib: ["ES2022", "ESNext.Disposable"],
            module: "NodeNext",
            moduleResolution: "NodeNext",
            types: ["node"],
            strict: true,
            skipLibCheck: true,
          },
        },
      },
      apiReport: {
        enabled: true,
        reportFolder,
        reportFileName,
        reportTempFolder: path.join(root, "node_modules", ".cache", "api-reports"),
      },
      docModel: { enabled: false },
      dtsRollup: { enabled: false },
      tsdocMetadata: { enabled: false },
      newlineKind: "lf",
      messages: {
        extractorMessageReporting: {
          "ae-missing-release-tag": { logLevel: ExtractorLogLevel.None },
          // What a subpath uses of the package's own main entry is exported there.
          "ae-forgotten-export": {
            logLevel: subpath === "." ? ExtractorLogLevel.Error : ExtractorLogLevel.None,
          },
        },
        tsdocMessageReporting: { default: { logLevel: ExtractorLogLevel.None } },
      },
    },
  });
  const result = Extractor.invoke(config, {
    localBuild: !verify,
    showVerboseMessages: false,
    messageCallback(message) {
      if (
        message.messageId === "console-preamble" ||
        message.messageId === "console-compiler-version-notice"
      ) {
        message.handled = true;
      }
    },
  });
  if (!result.succeeded || (verify && result.apiReportChanged)) stale += 1;
}
