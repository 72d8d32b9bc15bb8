import { PolicyError } from "../errors.js";
import { listAt, textAt, valueAt } from "../json-path.js";
import type { LogService } from "./sign-manifest.js";

/** Which services to use: a part of the options of a signer. */
export interface SigningServices {
  /** As `fulcioUrl` of a keyless signer. */
  readonly fulcioUrl?: string;
  /** As `log` of a signer. */
  readonly log?: LogService;
  /** As `timestampUrl` of a signer. */
  readonly timestampUrl?: string;
}

/** Which of the services to choose. */
export interface SigningConfigOptions {
  /** Services that are not valid at this time are passed over. Default: the machine's clock. */
  readonly now?: (() => Date) | undefined;
  /** Of Rekor's API; no service of another version is taken. Default: the newest that the file has, 1 or 2. */
  readonly rekorVersion?: 1 | 2 | undefined;
}

const mediaType = "application/vnd.dev.sigstore.signingconfig.v0.2+json";
/** The public file has some kilobytes. */
const maxLength = 1024 ** 2;

/**
 * The services of a signing configuration (`SigningConfig` of the Sigstore protobuf specifications, version 0.2): of each
 * kind the newest API version that we speak, and of these the service that became valid last. Spread the result into a
 * signer's options.
 *
 * @example
 * ```ts
 * const services = parseSigningConfig(await readFile("signing-config.json", "utf8"));
 * const signer = keylessSigner({ identity, ...services });
 * ```
 *
 * @throws PolicyError `InvalidSigner` for another format, or one without a usable authority or log
 */
export function parseSigningConfig(text: string, options: SigningConfigOptions = {}): SigningServices {
  if (text.length > maxLength) throw invalid("is too large");
  const json = parse(text);
  if (textAt(json, "mediaType") !== mediaType) throw invalid(`is not of the type ${mediaType}`);
  const now = options.now?.() ?? new Date();
  const rekorVersions = options.rekorVersion === undefined ? [2, 1] : [options.rekorVersion];
  const fulcio = choose(json, "caUrls", [1], now);
  const rekor = choose(json, "rekorTlogUrls", rekorVersions, now);
  const timestamps = choose(json, "tsaUrls", [1], now);
  if (fulcio === undefined && rekor === undefined) {
    throw invalid("names no certificate authority and no log that could be used now");
  }
  return {
    ...(fulcio !== undefined && { fulcioUrl: fulcio.url }),
    ...(rekor !== undefined && { log: { url: rekor.url, version: rekor.version === 2 ? 2 : 1 } }),
    ...(timestamps !== undefined && { timestampUrl: timestamps.url }),
  };
}

interface Service {
  readonly url: string;
  readonly version: number;
  readonly start: number;
}

function choose(json: unknown, list: string, versions: readonly number[], now: Date): Service | undefined {
  const usable = listAt(json, list).flatMap((entry): readonly Service[] => {
    const start = Date.parse(textAt(entry, "validFor", "start"));
    const end = textAt(entry, "validFor", "end");
    const isValid = start <= now.getTime() && (end === "" || now.getTime() <= Date.parse(end));
    const version = Number(valueAt(entry, "majorApiVersion"));
    const url = textAt(entry, "url");
    return isValid && URL.canParse(url) && versions.includes(version) ? [{ url, version, start }] : [];
  });
  return usable.toSorted((a, b) => b.version - a.version || b.start - a.start)[0];
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw invalid("is not JSON", cause);
  }
}

const invalid = (why: string, cause?: unknown): PolicyError =>
  new PolicyError("InvalidSigner", `the signing configuration ${why}`, { cause });
