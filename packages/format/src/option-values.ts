import { FormatError } from "./errors.js";

// What types promise about options, for callers whose compiler does not check them. Each throws `InvalidArgument`.

/** One of several values, when it is given. */
export function checkOneOf(name: string, value: unknown, allowed: readonly string[]): void {
  if (value === undefined || allowed.some((choice) => choice === value)) return;
  throw badOption(name, allowed.map((choice) => JSON.stringify(choice)).join(", "), value);
}

/** An integer in a range, when it is given. */
export function checkInteger(name: string, value: unknown, min: number, max: number): void {
  if (value === undefined) return;
  if (typeof value === "number" && Number.isInteger(value) && value >= min && value <= max) return;
  const range = max === Number.MAX_SAFE_INTEGER ? `of at least ${min}` : `from ${min} to ${max}`;
  throw badOption(name, `an integer ${range}`, value);
}

/** A limit, when it is given: `Infinity` is one. */
export function checkLimit(name: string, value: unknown): void {
  if (value === undefined || (typeof value === "number" && value >= 0)) return;
  throw badOption(name, "a number of at least 0", value);
}

/** A function, when it is given. */
export function checkFunction(name: string, value: unknown): void {
  if (value === undefined || typeof value === "function") return;
  throw badOption(name, "a function", value);
}

/** True or false, when it is given. */
export function checkBoolean(name: string, value: unknown): void {
  if (value === undefined || typeof value === "boolean") return;
  throw badOption(name, "true or false", value);
}

/** An array of strings, when it is given. */
export function checkStrings(name: string, value: unknown): void {
  if (value === undefined) return;
  if (Array.isArray(value) && value.every((item) => typeof item === "string")) return;
  throw badOption(name, "an array of strings", value);
}

/** An object that has these methods, when it is given. */
export function checkMethods(name: string, value: unknown, methods: readonly string[]): void {
  if (value === undefined) return;
  const has = (method: string): boolean =>
    typeof value === "object" && value !== null && typeof Reflect.get(value, method) === "function";
  if (methods.every(has)) return;
  throw badOption(name, `an object with ${methods.join(" and ")}`, value);
}

/** A signal, when it is given. */
export function checkSignal(value: unknown): void {
  checkMethods("signal", value, ["throwIfAborted", "addEventListener"]);
}

/** The error for an option that has none of the values that it may have. */
export function badOption(name: string, expected: string, value: unknown): FormatError {
  return new FormatError("InvalidArgument", `${name} must be ${expected}, not ${spell(value)}`);
}

/** A value for people, as far as it is short. */
function spell(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value.slice(0, 100));
  if (typeof value === "object" && value !== null) return Array.isArray(value) ? "an array" : "an object";
  return typeof value === "function" ? "a function" : String(value);
}
