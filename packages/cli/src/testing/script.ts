import { readFile, readdir, stat, writeFile } from "node:fs/promises";
import path from "node:path";
import type { Quirks } from "@blob/testing";
import { writeTree } from "@blob/testing";
import { Ajv2020 } from "ajv/dist/2020.js";
import { expect } from "vitest";
import type { Ran } from "./run-blob.js";
import { runBlob } from "./run-blob.js";

/**
 * A script in the manner of txtar: lines to run, then files, each after a line `-- NAME --`. `$NAME` stands for a
 * variable, `'…'` for one word. What a line can be:
 *
 *     blob ARGUMENT…       run the command; it has to end with 0
 *     ! CODE blob …        run the command; it has to end with this code
 *     stdout PATTERN       standard output of the last command matches this regular expression (m flag)
 *     stderr PATTERN       the same for standard error; `!stdout` and `!stderr` say that it does not
 *     is stdout FILE       standard output is what is in the file; `is FILE FILE` compares two files
 *     json NAME            standard output (`json error`: standard error) is as schemas/NAME.json says
 *     env NAME=VALUE       for the commands that follow
 *     stdin TEXT           a line that the next command reads
 *     quirks JSON          what the registry does wrong from now on; `{}` for nothing
 *     write FILE TEXT      write a line to a file
 *     damage DIRECTORY     change a byte of every file below it
 *     exists FILE, missing FILE
 */
export async function runScript(
  text: string,
  variables: Readonly<Record<string, string>>,
  quirks: Quirks,
): Promise<void> {
  const { lines, files } = parseScript(text);
  const work = variables["WORK"] ?? "";
  await writeTree(work, files);
  const env: Record<string, string> = {};
  let stdin = "";
  let last: Ran = { code: 0, stdout: "", stderr: "" };
  for (const [at, line] of lines.entries()) {
    const [verb = "", ...words] = splitWords(line, variables);
    const where = `line ${String(at + 1)}: ${line}`;
    const absolute = (name = ""): string => path.resolve(work, name);
    switch (verb) {
      case "":
      case "#":
        break;
      case "blob":
      case "!": {
        const [code, argv] = verb === "!" ? [Number(words[0]), words.slice(2)] : [0, words];
        last = await runBlob(argv, { env, stdin, homeDirectory: absolute("home") });
        stdin = "";
        expect(last, where).toMatchObject({ code });
        break;
      }
      case "stdout":
      case "stderr":
        expect(last[verb], where).toMatch(new RegExp(words[0] ?? "", "mu"));
        break;
      case "!stdout":
      case "!stderr":
        expect(last[verb === "!stdout" ? "stdout" : "stderr"], where).not.toMatch(
          new RegExp(words[0] ?? "", "mu"),
        );
        break;
      case "is": {
        const actual = words[0] === "stdout" ? last.stdout : await readFile(absolute(words[0]), "utf8");
        expect(actual, where).toBe(await readFile(absolute(words[1]), "utf8"));
        break;
      }
      case "json":
        await checkSchema(words[0] ?? "", words[0] === "error" ? last.stderr : last.stdout, where);
        break;
      case "env": {
        const [, name = "", value = ""] = /^([^=]+)=(.*)$/su.exec(words[0] ?? "") ?? [];
        env[name] = value;
        break;
      }
      case "stdin":
        stdin = `${words[0] ?? ""}\n`;
        break;
      case "quirks":
        for (const name of Object.keys(quirks)) Reflect.deleteProperty(quirks, name);
        Object.assign(quirks, JSON.parse(words[0] ?? ""));
        break;
      case "write":
        await writeFile(absolute(words[0]), `${words[1] ?? ""}\n`);
        break;
      case "damage":
        await damage(absolute(words[0]));
        break;
      case "exists":
        expect(await exists(absolute(words[0])), where).toBe(true);
        break;
      case "missing":
        expect(await exists(absolute(words[0])), where).toBe(false);
        break;
      default:
        throw new Error(`${where}: there is no ${verb}`);
    }
  }
}

function parseScript(text: string): {
  readonly lines: readonly string[];
  readonly files: Record<string, string>;
} {
  const [script = "", ...rest] = text.split(/^-- (.+) --\n/mu);
  const files: Record<string, string> = {};
  for (let at = 0; at < rest.length; at += 2) files[rest[at] ?? ""] = rest[at + 1] ?? "";
  return { lines: script.trimEnd().split("\n"), files };
}

function splitWords(line: string, variables: Readonly<Record<string, string>>): string[] {
  return [...line.matchAll(/'([^']*)'|(\S+)/gu)].map(([, quoted, plain = ""]) =>
    (quoted ?? plain).replace(/\$([A-Z]+)\b/gu, (_, name: string) => {
      const value = variables[name];
      if (value === undefined) throw new Error(`there is no variable ${name}`);
      return value;
    }),
  );
}

const ajv = new Ajv2020({ strict: true, allowUnionTypes: true, allErrors: true });

export async function checkSchema(name: string, text: string, where: string): Promise<void> {
  const validate =
    ajv.getSchema(name) ??
    ajv
      .addSchema(
        JSON.parse(await readFile(new URL(`../../schemas/${name}.json`, import.meta.url), "utf8")) as object,
        name,
      )
      .getSchema(name);
  const value: unknown = JSON.parse(text);
  expect(validate?.(value) === true ? [] : validate?.errors, `${where}\n${text}`).toEqual([]);
}

async function damage(directory: string): Promise<void> {
  for (const entry of await readdir(directory, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const file = path.join(entry.parentPath, entry.name);
    const bytes = await readFile(file);
    bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
    await writeFile(file, bytes);
  }
}

async function exists(file: string): Promise<boolean> {
  return stat(file).then(
    () => true,
    () => false,
  );
}
