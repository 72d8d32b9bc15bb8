// What a module needs of others. Most of our packages are imported by the module that lists what they export: whoever wants
// one name of it needs the module of that name, and not all others.
import { createRequire } from "node:module";
import path from "node:path";

/** As tsc writes them. */
const statement = /^(?:import|export) (?:(\*(?: as \w+)?|\{[^}]*\}|\w+) from )?"([^"]+)";$/gmu;
const ofOurs = /[\\/]packages[\\/][a-z-]+[\\/]dist[\\/]/u;

/** @typedef {{ readonly code: string | null, readonly importedIds: readonly string[] }} Module */
/** @typedef {(id: string) => Module | null} ModuleInfo */

/**
 * @param {string} id
 * @param {ModuleInfo} getModuleInfo
 * @returns {readonly string[]}
 */
export function neededModules(id, getModuleInfo) {
  const info = getModuleInfo(id);
  if (info === null) return [];
  if (!ofOurs.test(id)) return info.importedIds;
  const others = info.importedIds.filter((one) => !ofOurs.test(one));
  const ours = statementsOf(info).flatMap(({ names, from }) =>
    isOfOurs(from) ? modulesOf(resolved(id, from), names, getModuleInfo) : [],
  );
  return [...others, ...ours];
}

/**
 * @param {string} id
 * @param {readonly string[] | undefined} names
 * @param {ModuleInfo} getModuleInfo
 * @returns {readonly string[]}
 */
function modulesOf(id, names, getModuleInfo) {
  const info = ofOurs.test(id) ? getModuleInfo(id) : null;
  if (info === null || names === undefined || path.basename(id) !== "index.js" || !isList(info)) return [id];
  const exported = statementsOf(info);
  return names.flatMap((name) => {
    const origin = exported.find((one) => isOfOurs(one.from) && one.names?.includes(name));
    return origin === undefined ? [id] : modulesOf(resolved(id, origin.from), [name], getModuleInfo);
  });
}

/** Whether a module has nothing of its own. @param {Module} module */
function isList({ code }) {
  const rest = (code ?? "import").replace(statement, "").replace(/^\/\/.*$/gmu, "");
  return rest.trim() === "";
}

/** Names without their renaming; undefined for all. @param {Module} module */
function statementsOf({ code }) {
  return Array.from((code ?? "").matchAll(statement), ([, what = "{}", from = ""]) => ({
    from,
    names: what.startsWith("{") ? what.slice(1, -1).split(",").map(plainName).filter(Boolean) : undefined,
  }));
}

/** @param {string} text */
function plainName(text) {
  return text.trim().split(" as ")[0] ?? "";
}

/** @param {string} from */
function isOfOurs(from) {
  return /^(?:\.{1,2}\/|@blob\/)/u.test(from);
}

/** @param {string} id @param {string} from */
function resolved(id, from) {
  return createRequire(id).resolve(from);
}
