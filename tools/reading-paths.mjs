// Keeps `docs/reading-paths.md` true: each file is there, and tied to one that stands before it, by an import in either
// direction (of itself or through a package's index) or by the seam that both import; and the lists do not grow.
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { importsOf } from "./imports-of.mjs";

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
/** How long the lists may be, in their order: the third one has no bound. */
const bounds = [10, 8, Infinity];

/** @type {string[]} */
const wrong = [];
const sections = readFileSync(path.join(root, "docs/reading-paths.md"), "utf8").split(/^## /m).slice(1);
if (sections.length !== bounds.length) wrong.push(`${bounds.length} lists were expected`);
for (const [at, section] of sections.entries()) {
  const title = section.split("\n", 1)[0];
  const stations = [...section.matchAll(/^\d+\. `([^`]+)`(?: \(through\s+`([^`]+)`\))?:/gm)];
  if (stations.length < 2) wrong.push(`${title}: no list`);
  if (stations.length !== (section.match(/^\d+\. /gm) ?? []).length)
    wrong.push(`${title}: a line names no file`);
  if (stations.length > (bounds[at] ?? 0)) wrong.push(`${title}: ${stations.length} files`);
  /** @type {string[]} */
  const before = [];
  for (const [, file = "", seam] of stations) {
    if (!existsSync(path.join(root, file))) {
      wrong.push(`${title}: there is no ${file}`);
      continue;
    }
    const ties = before.some((other) =>
      seam === undefined
        ? reachedFrom(other).has(file) || reachedFrom(file).has(other)
        : reachedFrom(other).has(seam) &&
          (seam === file || reachedFrom(file).has(seam) || reachedFrom(seam).has(file)),
    );
    if (before.length > 0 && !ties) wrong.push(`${title}: nothing ties ${file} to a file before it`);
    before.push(file);
  }
}
if (wrong.length > 0) {
  console.error(wrong.join("\n"));
  process.exit(1);
}

/** The files that one imports; of a package's index, what that hands on, too. @param {string} file */
function reachedFrom(file) {
  const direct = [...importsOf(path.join(root, file)).map(({ from }) => from), ...requiredBy(file)].flatMap(
    (from) => sourceOf(file, from) ?? [],
  );
  const indexes = direct.filter((one) => one.endsWith("/index.ts"));
  return new Set([
    ...direct,
    ...indexes.flatMap((index) =>
      importsOf(path.join(root, index)).flatMap(({ from }) => sourceOf(index, from) ?? []),
    ),
  ]);
}

/** What CommonJS loads, of which there is the start of the command. @param {string} file */
function requiredBy(file) {
  const text = file.endsWith(".js") ? readFileSync(path.join(root, file), "utf8") : "";
  return Array.from(text.matchAll(/\brequire\("(\.[^"]+)"\)/g), ([, from = ""]) => from);
}

/** The source of what is imported; nothing for what is not of this project. @param {string} file @param {string} from */
function sourceOf(file, from) {
  if (from.startsWith(".")) return toSource(path.posix.join(path.posix.dirname(file), from));
  const [, name, subPath = ""] = /^@blob\/([^/]+)(?:\/(.+))?$/.exec(from) ?? [];
  if (name === undefined) return undefined;
  const folder = path.posix.join("packages", name);
  const { exports } = JSON.parse(readFileSync(path.join(root, folder, "package.json"), "utf8"));
  const target = exports[subPath === "" ? "." : `./${subPath}`];
  return toSource(path.posix.join(folder, target?.default ?? target?.node ?? ""));
}

/** @param {string} built */
function toSource(built) {
  return built.replace(/\/(?:dist|bundle)\//, "/src/").replace(/\.c?js$/, ".ts");
}
