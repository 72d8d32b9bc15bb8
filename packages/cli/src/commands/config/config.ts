import type { Schema } from "../../config/config-schema.js";
import { configSchema, schemaAt } from "../../config/config-schema.js";
import { requireConfigFile } from "../../config/config-path.js";
import { durationText, sizeText } from "../../config/quantities.js";
import { editConfig } from "../../config/edit-config.js";
import { nearest } from "../../errors/nearest.js";
import type { Session } from "../../session/session.js";
import type { Setting } from "../../settings/settings.js";
import { UsageError } from "../../errors/usage-error.js";
import { widest } from "../../output/widest.js";

/** Every setting that has a value, with what decided on it. */
function settingsOf({ settings, config }: Session): Map<string, Setting<unknown>> {
  const shown = new Map<string, Setting<unknown>>([
    ["output", settings.output],
    ["compression", settings.compression],
    ["chunking", settings.chunking],
    ["plain_http", settings.plainHttp],
    ["cache.dir", settings.cacheDirectory],
    [
      "policy_default",
      config.config.policy_default === undefined
        ? { value: "allow", source: "default" }
        : { value: config.config.policy_default, source: config.file ?? "default" },
    ],
  ]);
  const add = (value: unknown, path: string): void => {
    if (typeof value === "object" && value !== null && !Array.isArray(value)) {
      for (const [key, inner] of Object.entries(value)) add(inner, path === "" ? key : `${path}.${key}`);
    } else if (!shown.has(path)) {
      shown.set(path, { value, source: config.file ?? "default" });
    }
  };
  add({ ...config.config, policies: undefined }, "");
  for (const [at, { match, place }] of (config.config.policies ?? []).entries()) {
    shown.set(`policies[${String(at)}].match`, { value: match, source: place });
  }
  for (const [path, { value }] of shown) if (value === undefined) shown.delete(path);
  return shown;
}

export async function showConfig(session: Session): Promise<void> {
  const settings = [...settingsOf(session)];
  const { exists } = session.config;
  const file = requireConfigFile(session.config);
  const width = widest(settings.map(([path, { value }]) => `${path}: ${String(value)}`));
  await session.output.result(
    { path: file, exists, settings: Object.fromEntries(settings), ...goFields(session) },
    function* () {
      for (const [path, { value, source }] of settings) {
        yield `${`${path}: ${String(value)}`.padEnd(width)}  # ${source}`;
      }
    },
    { whatIsAsked: true },
  );
}

/** The settings as the Go command has them in its JSON: each at its own place, with its default. */
function goFields({ settings, config, flags }: Session): object {
  const { cache = {}, aliases = {}, policies = [] } = config.config;
  const { max_size: maxSize, ref_ttl: refTtl, dir, enabled = true, ...kinds } = cache;
  return {
    output: settings.output.value,
    verbose: flags.verbosity,
    quiet: flags.quiet,
    no_color: !flags.color,
    plain_http: settings.plainHttp.value,
    compression: settings.compression.value,
    cache: {
      enabled,
      max_size: maxSize === undefined ? "5GB" : sizeText(maxSize),
      ref_ttl: refTtl === undefined ? "5m" : durationText(refTtl),
      dir,
      ...kinds,
    },
    aliases,
    policies: policies.length === 0 ? undefined : policies.map(({ match, policy }) => ({ match, policy })),
  };
}

export async function showConfigPath({ config, output }: Session): Promise<void> {
  const file = requireConfigFile(config);
  await output.result({ path: file }, () => [file], { whatIsAsked: true });
}

export async function getConfig(session: Session, key: string): Promise<void> {
  schemaOf(key);
  const found = settingsOf(session).get(key);
  await session.output.result(
    { key, value: found?.value ?? null, source: found?.source ?? null },
    () => (found === undefined ? [] : [String(found.value)]),
    { whatIsAsked: true },
  );
}

export async function setConfig({ config, output }: Session, key: string, value: string): Promise<void> {
  const file = requireConfigFile(config);
  const schema = schemaOf(key);
  if (schema.kind !== "text" && ["object", "map", "list", "foreign"].includes(schema.kind)) {
    throw new UsageError(`${key} is not a single value: change it with \`blob config edit\``);
  }
  // Text is text, even when YAML would read a number in it.
  await editConfig(file, key.split("."), schema.kind === "text" ? JSON.stringify(value) : value);
  await output.result({ key, value, path: file, status: "success" }, () => [`${key}: ${value}`]);
}

/** What may stand at a key. @throws UsageError for a key that the file cannot have. */
function schemaOf(key: string): Schema {
  let schema: Schema = configSchema;
  for (const name of key.split(".")) {
    const inner: Schema | undefined = schemaAt(name, schema);
    if (inner === undefined) {
      const near = schema.kind === "object" ? nearest(name, Object.keys(schema.keys)) : undefined;
      throw new UsageError(
        `there is no setting ${key}${near === undefined ? "" : `: did you mean ${near}?`}`,
      );
    }
    schema = inner;
  }
  return schema;
}
