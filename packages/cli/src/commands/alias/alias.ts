import { aliasName } from "../../config/config-schema.js";
import { requireConfigFile } from "../../config/config-path.js";
import { editConfig } from "../../config/edit-config.js";
import { nearest } from "../../errors/nearest.js";
import { NotFoundError } from "../../errors/not-found-error.js";
import type { Session } from "../../session/session.js";
import { UsageError } from "../../errors/usage-error.js";
import { widest } from "../../output/widest.js";

export async function listAliases({ config, output }: Session): Promise<void> {
  const aliases = Object.entries(config.config.aliases ?? {}).toSorted(([a], [b]) => (a < b ? -1 : 1));
  const width = widest(aliases.map(([name]) => name));
  await output.result({ aliases: Object.fromEntries(aliases) }, () =>
    aliases.map(([name, reference]) => `${name.padEnd(width)}  ${reference}`),
  );
}

export async function setAlias({ config, output }: Session, name: string, reference: string): Promise<void> {
  if (!aliasName.test(name)) {
    throw new UsageError(`${name} cannot be an alias: it has letters, digits, '.', '_' and '-'`);
  }
  if (!reference.startsWith("file:")) {
    const { parseLocation } = await import("@blob/client");
    parseLocation(reference);
  }
  await editConfig(requireConfigFile(config), ["aliases", name], JSON.stringify(reference));
  const action = Object.hasOwn(config.config.aliases ?? {}, name) ? "updated" : "created";
  await output.result({ action, name, alias: name, ref: reference, status: "success" }, () => [
    `${name} is ${reference}`,
  ]);
}

export async function removeAlias({ config, output }: Session, name: string): Promise<void> {
  if (!(await editConfig(requireConfigFile(config), ["aliases", name], undefined))) {
    const near = nearest(name, Object.keys(config.config.aliases ?? {}));
    throw new NotFoundError(name, `there is no alias ${name}`, near);
  }
  await output.result({ action: "removed", name, alias: name, status: "removed" }, () => [
    `${name} is no alias any more`,
  ]);
}
