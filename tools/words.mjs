// One word for one thing: reads the names of what is public from the API reports, and compares them with the table below.
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { parseSync } from "oxc-parser";

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));

/**
 * @typedef {object} Name
 * @property {string} text
 * @property {string} where The declaration it is in: `PullOptions`.
 * @property {"name" | "code"} kind Codes are the strings that types and lists consist of.
 * @property {string} type What stands behind the colon.
 */

/**
 * @typedef {object} Rule
 * @property {string} say
 * @property {RegExp} instead Of what: tried on a name in small letters, its words with blanks between.
 * @property {readonly string[]} [only] Packages that it is about. Default: all.
 * @property {readonly string[]} [except] Packages in which the word means something else.
 * @property {(name: Name) => boolean} [when] Which names it is about. Default: all but codes.
 */

/** @param {Name} name */
const isName = ({ kind }) => kind === "name";

/** @param {Name} name */
const isOption = ({ where, kind }) => kind === "name" && where.endsWith("Options");

/** Types have a capital. @param {Name} name */
const isValue = ({ text, kind }) => kind === "name" && /^[a-z]/.test(text);

/** @param {Name} name */
const isExport = (name) => isValue(name) && name.where === name.text;

/** @type {readonly Rule[]} */
const rules = [
  {
    say: "zstd (the codec, as an option)",
    instead: /^(?:zstd )?(?:decoder|encoder|codec|compressor)$/,
    when: isOption,
  },
  {
    say: "signal (of an abort)",
    instead: /^(?!signal$)/,
    when: ({ kind, type }) => kind === "name" && /^AbortSignal\b(?! *=>)/.test(type),
  },
  {
    say: "SizeExceeded",
    instead: /^(?:size overflow|too large|too big|limit exceeded)$/,
    when: ({ kind }) => kind === "code",
  },
  { say: "Invalid...", instead: /^(?:malformed|illegal|bad)\b/, when: ({ kind }) => kind === "code" },
  // Those of sigstore-policy are Git's: branches and tags. The cache of references is called so on disk and command line.
  { say: "reference", instead: /\brefs?\b/, except: ["sigstore-policy", "cache"] },
  { say: "repository", instead: /\brepos?\b/ },
  { say: "digest (of OCI)", instead: /\b(?:hash|checksum)\b/, only: ["registry", "auth"] },
  { say: "hash (of contents)", instead: /\b(?:content|file|entry) (?:digest|checksum)\b/ },
  {
    say: "concurrency (workers are threads)",
    instead: /\b(?:parallel|parallelism|threads|jobs|max concurrency)\b/,
    when: ({ kind, type }) => kind === "name" && /^number\b/.test(type),
  },
  {
    say: "size, or ...Bytes for limits",
    instead:
      /^(?:max .*|.*\b)(?:size limit|max size)$|^max .*size$|\bbyte length\b|\bnum bytes\b|\bfilesize\b/,
  },
  { say: "max... (a limit)", instead: /\b(?:limit|maximum)$/, when: isOption },
  {
    say: "...Ms (a time)",
    instead: /\b(?:timeout|ttl|delay|interval|duration|age)$|\b(?:millis|milliseconds|seconds)$/,
  },
  { say: "directory", instead: /\b(?:dir|dirs|folder|folders)\b/ },
  { say: "file (on disk), path (in an archive)", instead: /\b(?:filename|file name|filepath|file path)\b/ },
  // Fulcio's names have URIs.
  { say: "url", instead: /\b(?:uri|href|link)\b/, except: ["sigstore-policy"] },
  { say: "now (the clock)", instead: /^(?:clock|time source)$/, when: ({ type }) => type.startsWith("(") },
  { say: "env", instead: /^environment$/, when: isValue },
  { say: "overwrite", instead: /^(?:force|clobber|replace)$/ },
  { say: "delete", instead: /^(?:remove|unlink|destroy)\b/ },
  { say: "create", instead: /^(?:make|build|new)\b/, when: isExport },
  { say: "on... (a callback)", instead: /\b(?:callback|listener|handler|cb)$/, when: isOption },
];

/**
 * What is not mended yet, as it is reported. One that is gone has to go from here, too.
 *
 * @type {ReadonlySet<string>}
 */
const allowed = new Set([]);

/** @type {Set<string>} */
const found = new Set();
let count = 0;
for (const name of readdirSync(path.join(root, "packages"))) {
  const folder = path.join(root, "packages", name, "etc");
  for (const report of readdirSync(folder).filter((file) => file.endsWith(".api.md"))) {
    for (const one of namesOf(path.join(folder, report))) {
      count += 1;
      const words = one.text.replace(/(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])/g, " ").toLowerCase();
      for (const { say, instead, only = [name], except = [], when = isName } of rules) {
        if (!only.includes(name) || except.includes(name) || !when(one) || !instead.test(words)) continue;
        found.add(
          `${report.replace(".api.md", "")}: ${one.where === one.text ? "" : `${one.where} `}${one.text}: say ${say}`,
        );
      }
    }
  }
}

const wrong = [
  ...[...found].filter((one) => !allowed.has(one)),
  ...[...allowed].filter((one) => !found.has(one)).map((one) => `mended, and still listed: ${one}`),
];
if (wrong.length > 0) {
  console.error(wrong.join("\n"));
  process.exit(1);
}
console.log(
  `${count} names say one word for one thing${allowed.size === 0 ? "" : `, but for ${allowed.size}`}`,
);

/** Every name that the report declares: exports, members, parameters, and the strings of lists of codes. @param {string} file @returns {Name[]} */
function namesOf(file) {
  const [, code = ""] = /^```ts\n(.*?)^```$/ms.exec(readFileSync(file, "utf8")) ?? [];
  const { program, errors } = parseSync("report.d.ts", code);
  if (errors.length > 0) throw new Error(`${file}: ${errors[0]?.message}`);
  /** @type {Name[]} */
  const names = [];
  /** @param {unknown} node @param {string} where */
  const visit = (node, where) => {
    if (Array.isArray(node)) for (const one of node) visit(one, where);
    if (typeof node !== "object" || node === null || Array.isArray(node)) return;
    const { type, id, key, name, value, typeAnnotation } = /** @type {Record<string, any>} */ (node);
    if (type === "ImportDeclaration") return;
    /** @param {{ name?: unknown, typeAnnotation?: any } | null | undefined} declared @param {any} [annotation] */
    const declare = (declared, annotation) => {
      if (typeof declared?.name !== "string") return;
      const { start = 0, end = 0 } = annotation?.typeAnnotation ?? {};
      names.push({
        text: declared.name,
        where: where || declared.name,
        kind: "name",
        type: code.slice(start, end),
      });
    };
    if (/Declaration$|^VariableDeclarator$/.test(type)) declare(id, id?.typeAnnotation);
    if (
      /^(?:TSPropertySignature|TSMethodSignature|PropertyDefinition|MethodDefinition|Property)$/.test(type)
    ) {
      declare(key, typeAnnotation);
    }
    // A parameter is an identifier with a type.
    if (type === "Identifier" && typeAnnotation) declare({ name }, typeAnnotation);
    if (type === "Literal" && typeof value === "string")
      names.push({ text: value, where, kind: "code", type: "" });
    const below =
      where ||
      (/Declaration$|^VariableDeclarator$/.test(type) && typeof id?.name === "string" ? id.name : "");
    for (const [field, child] of Object.entries(node)) if (field !== "parent") visit(child, below);
  };
  visit(program.body, "");
  return names;
}
