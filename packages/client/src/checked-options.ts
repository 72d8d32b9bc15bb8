import { ClientError } from "./errors.js";

/** What a value has to be, in words that finish "must be", and whether it is. */
interface Rule {
  readonly what: string;
  readonly holds: (value: unknown) => boolean;
}

const isText = (value: unknown): value is string => typeof value === "string";
const hasMethod = (value: unknown, name: string): boolean =>
  typeof value === "object" && value !== null && typeof Reflect.get(value, name) === "function";

const boolean: Rule = { what: "true or false", holds: (value) => typeof value === "boolean" };
const text: Rule = { what: "text", holds: isText };
const callable: Rule = { what: "a function", holds: (value) => typeof value === "function" };
const isObject = (value: unknown): value is object =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const object: Rule = { what: "an object", holds: isObject };
const texts: Rule = {
  what: "a list of texts",
  holds: (value) => Array.isArray(value) && value.every(isText),
};
const policies: Rule = {
  what: "a list of policies",
  holds: (value) => Array.isArray(value) && value.every((one) => hasMethod(one, "evaluate")),
};
const positive: Rule = {
  what: "a whole number above 0",
  holds: (value) => Number.isSafeInteger(value) && Number(value) > 0,
};
const bytes: Rule = {
  what: "a number of bytes, 0 or more",
  holds: (value) => typeof value === "number" && value >= 0,
};
const workers: Rule = {
  what: "a whole number from 0 to 64",
  holds: (value) => Number.isInteger(value) && Number(value) >= 0 && Number(value) <= 64,
};
const oneOf = (...values: readonly string[]): Rule => ({
  what: `one of ${values.map((value) => JSON.stringify(value)).join(", ")}`,
  holds: (value) => values.includes(String(value)) && isText(value),
});

/** An option means the same in every verb that has it. Those of archives that are made are checked where these are made. */
const ofVerbs: Readonly<Record<string, Rule>> = {
  signal: { what: "an AbortSignal", holds: (value) => hasMethod(value, "throwIfAborted") },
  skipCache: boolean,
  policies,
  onLeftOut: callable,
  onProgress: callable,
  onBlob: callable,
  limits: object,
  maxTotalBytes: bytes,
  tags: texts,
  annotations: object,
  created: { what: "a Date", holds: (value) => value instanceof Date },
  mountFrom: text,
  temporaryDirectory: text,
  referrers: boolean,
  artifactType: text,
  concurrency: positive,
  directory: text,
  paths: texts,
  target: callable,
  overwrite: boolean,
  preserveMode: boolean,
  preserveTimes: boolean,
  clean: boolean,
  readAheadBytes: positive,
  maxRangeBytes: positive,
  workers,
  decoderConcurrency: workers,
  platform: text,
  layerCompression: oneOf("gzip", "zstd", "none"),
  contentsBy: oneOf("copy", "clone", "link"),
  delete: boolean,
  dryRun: boolean,
  quick: boolean,
};

const ofLimits: Readonly<Record<string, Rule>> = {
  maxIndexBytes: bytes,
  maxFileBytes: bytes,
  maxDecoderBytes: bytes,
  maxKeptBytes: bytes,
};

const ofClients: Readonly<Record<string, Rule>> = {
  credentials: { what: "a credential source, which is a function", holds: callable.holds },
  plainHttp: {
    what: "true, false or a list of hosts",
    holds: (value) => boolean.holds(value) || texts.holds(value),
  },
  policies,
  cache: {
    what: "a directory, an object of options, or caches",
    holds: (value) => isText(value) || object.holds(value),
  },
  offline: boolean,
  onStale: callable,
  onSkippedMirror: callable,
  hosts: callable,
  http: object,
  registry: {
    what: "a registry, or a function that returns one",
    holds: (value) => callable.holds(value) || hasMethod(value, "readBlob"),
  },
};

/**
 * Checks what the types of TypeScript promise, for callers that have none: before anything is done.
 *
 * @param name What the options are given to, as in `pull`.
 * @throws ClientError `InvalidArgument` that names the option.
 */
export function checkVerbOptions(name: string, options: unknown): void {
  checkOptions(name, options, ofVerbs);
  const limits: unknown = Reflect.get(options, "limits");
  if (limits !== undefined) checkOptions(`${name}: limits`, limits, ofLimits);
}

/** The same for the options of a client. */
export function checkClientOptions(options: unknown): void {
  checkOptions("createClient", options, ofClients);
}

function checkOptions(
  name: string,
  options: unknown,
  rules: Readonly<Record<string, Rule>>,
): asserts options is object {
  if (!isObject(options)) {
    throw new ClientError("InvalidArgument", `${name}: its options must be an object, not ${shown(options)}`);
  }
  for (const [option, rule] of Object.entries(rules)) {
    const value: unknown = Reflect.get(options, option);
    if (value === undefined || rule.holds(value)) continue;
    throw new ClientError("InvalidArgument", `${name}: ${option} must be ${rule.what}, not ${shown(value)}`);
  }
}

/** Short, and never what an object holds: it may be a secret. */
function shown(value: unknown): string {
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object" && value !== null) return "an object";
  if (typeof value === "function") return "a function";
  return typeof value === "string" ? JSON.stringify(value.slice(0, 100)) : String(value);
}
