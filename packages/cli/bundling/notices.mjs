import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { manifestOf, packageOf } from "./packages.mjs";

/**
 * The names, versions and licences of the packages that are in a bundle.
 *
 * @param {Iterable<string>} modules All that are in it.
 * @param {readonly string[]} included What packages of ours say about what they have in them already.
 */
export function notices(modules, included) {
  const folders = new Set(Array.from(modules).flatMap((module) => packageOf(module)?.folder ?? []));
  const packages = Array.from(folders, (folder) => ({ ...manifestOf(folder), text: licenceText(folder) }));
  const texts = packages.map(({ name, version, license, text }) => {
    // Some of a family of packages come without the text that the others have.
    const other = packages.find((one) => one.text !== undefined && isRelative(one, { name, license }));
    const words = text ?? other?.text;
    if (words === undefined) throw new Error(`${name} says nothing about its licence, nor does a relative`);
    return `## ${name} ${version} (${license})\n\n${words}`;
  });
  const inlined = `This command contains parts of these packages.\n\n${texts.toSorted().join("\n\n")}`;
  return `${[inlined, ...included].map((text) => text.trimEnd()).join("\n\n")}\n`;
}

/** @typedef {{ readonly name: string, readonly license: string }} Licensed */

/** Whether a package is of the same scope and licence. @param {Licensed} one @param {Licensed} other */
function isRelative(one, other) {
  const scope = /^@[^/]+\//u.exec(other.name)?.[0];
  return scope !== undefined && one.name.startsWith(scope) && one.license === other.license;
}

/** @param {string} folder @returns {string | undefined} */
function licenceText(folder) {
  const names = readdirSync(folder).filter((name) => /^(?:licen[cs]e|copying|notice)(?:[.-]|$)/iu.test(name));
  const texts = names.map((name) => readFileSync(path.join(folder, name), "utf8").trim());
  return texts.length === 0 ? undefined : texts.join("\n\n");
}
