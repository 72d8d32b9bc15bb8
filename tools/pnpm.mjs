import { spawnSync } from "node:child_process";
import { readFileSync, rmSync } from "node:fs";
import path from "node:path";

const root = path.dirname(import.meta.dirname);
const folder = path.join(root, "node_modules/.cache/pnpm");
const windows = process.platform === "win32";

const { packageManager } = JSON.parse(readFileSync(path.join(root, "package.json"), "utf8"));
const pinned =
  /^pnpm@(?<version>[^+]+)\+sha512\.(?<sha512>[0-9a-f]{128})$/u.exec(packageManager)?.groups ?? {};
const version = pinned["version"];

/**
 * The package of pnpm finds its program in another package, one for each platform. To add one:
 * `npm view @pnpm/exe.PLATFORM@VERSION dist.integrity`.
 *
 * @type {Record<string, string>}
 */
const integrities = {
  pnpm: `sha512-${Buffer.from(pinned["sha512"] ?? "", "hex").toString("base64")}`,
  "@pnpm/exe.linux-x64":
    "sha512-8eufCjHXspKbNS/kh8q4Q0gqJoOuvC4Q5pgos6XS8By/nAMtP+jf8F1Cw9er840kfAX+PJ/ts+A9qnLE91rvXQ==",
  "@pnpm/exe.linux-arm64":
    "sha512-4Oj/iF2TDCe2lcH0n4TupPR5sSdrNLclJB6xBElLMPCUOAvBhdf2rRlSaO5M4erJ6g4Fyy7YTXTpcmfFsKyxEA==",
};

/**
 * Puts the pnpm of package.json on PATH: the installed one when it has that version, else one that npm fetches, whose
 * hashes are compared with those above before anything of it runs. Says why when it cannot.
 */
export function findPnpm() {
  const installed = spawnSync("pnpm", ["--version"], { cwd: root, encoding: "utf8", shell: windows });
  if (installed.stdout?.trim() === version) return true;

  // Of what is there already npm would not say the hash.
  rmSync(folder, { recursive: true, force: true });
  const options = ["--ignore-scripts", "--no-package-lock", "--no-audit", "--no-fund", "--loglevel=error"];
  if (!run("npm", ["install", "--prefix", folder, ...options, `pnpm@${version}`], windows)) return false;
  if (!isPinned()) return false;
  process.env["PATH"] = path.join(folder, "node_modules/.bin") + path.delimiter + process.env["PATH"];
  // Links the program into its place, as its install script would have.
  return run(process.execPath, [path.join(folder, "node_modules/pnpm/install.js")]);
}

/** What npm wrote down about what it installed; it has checked each tarball against that. */
function isPinned() {
  const { packages } = JSON.parse(readFileSync(path.join(folder, "node_modules/.package-lock.json"), "utf8"));
  let fits = "node_modules/pnpm" in packages;
  for (const [place, { integrity }] of Object.entries(packages)) {
    const name = place.replace("node_modules/", "");
    const wanted = integrities[name];
    if (wanted === undefined) {
      console.error(
        `${name}@${version}: no hash of it is recorded in tools/pnpm.mjs; it is used all the same`,
      );
    } else if (integrity !== wanted) {
      console.error(`${name}@${version} has the hash ${integrity}, and tools/pnpm.mjs wants ${wanted}`);
      fits = false;
    }
  }
  return fits;
}

/**
 * @param {string} file
 * @param {string[]} args
 */
function run(file, args, shell = false) {
  const { status, error } = spawnSync(file, args, { cwd: root, stdio: "inherit", shell });
  if (error !== undefined) console.error(`${file} could not be started: ${error.message}`);
  return status === 0;
}
