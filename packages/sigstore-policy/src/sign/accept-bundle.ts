import type { Manifest } from "@blob/registry";
import { maxBundleBytes } from "../bundle/bundle-size.js";
import { PolicyError } from "../errors.js";
import { publicKeyOf } from "../keys/public-key.js";
import { checkBundle } from "../verify/check-bundle.js";
import { checkMadeBundle, type MadeBundle } from "../verify/check-made-bundle.js";
import { Refusal } from "../verify/refusal.js";
import { loadTrust } from "../verify/trust-cache.js";
import type { Trust } from "../verify/trust-material.js";
import type { TrustedRootSource } from "../verify/trusted-root-source.js";
import type { SignedBy } from "./signed-content.js";

/** What our own verifier is asked about before anybody else sees it. */
export interface BundleToAccept {
  readonly bundle: Uint8Array;
  readonly manifest: Manifest;
  readonly by: SignedBy;
}

export interface Acceptance {
  /**
   * Before the log is asked, which keeps what it gets for good.
   *
   * @throws PolicyError `InvalidSigner` for one that would be too large, `InvalidAnswer`
   */
  unlogged(made: BundleToAccept): void;
  /**
   * Of the bundle that passed `unlogged`, with the entry in it when there is a log.
   *
   * @param log For messages, when there is one.
   * @throws PolicyError `InvalidAnswer`
   */
  complete(made: BundleToAccept, log: string | undefined): void;
}

export interface AcceptanceOptions {
  readonly trustedRoot: TrustedRootSource | undefined;
  readonly isLogged: boolean;
  readonly isStamped: boolean;
  readonly signal: AbortSignal | undefined;
}

/** A log entry repeats the signer, and has up to 64 hashes and a checkpoint. */
const entryRoom = 64 * 1024;

/**
 * What a bundle has to pass before it is given out: all checks that do not depend on whom its readers trust, and with a
 * trusted root those that do, too.
 *
 * @throws PolicyError `InvalidTrustedRoot`, and what the source of the trusted root throws
 */
export async function prepareAcceptance(options: AcceptanceOptions): Promise<Acceptance> {
  const { trustedRoot, isLogged, signal } = options;
  const trust = trustedRoot === undefined ? undefined : await loadTrust(trustedRoot, { signal });
  return {
    unlogged(made) {
      const most = maxBundleBytes - (isLogged ? entryRoom : 0);
      if (made.bundle.length > most) {
        const message = `the statement is too large: its bundle has ${String(made.bundle.length)} bytes, and readers take ${String(most)}`;
        throw new PolicyError("InvalidSigner", message);
      }
      accepted("the signature that was made is none that readers accept", () => checkMadeBundle(asked(made)));
    },
    complete(made, log) {
      if (log !== undefined) {
        accepted(`${log} did not prove that it logged the signature`, () => checkMadeBundle(asked(made)));
      }
      if (trust !== undefined) checkTrusted(made, trust, options);
    },
  };
}

function checkTrusted(
  made: BundleToAccept,
  trust: Trust,
  { trustedRoot, isLogged, isStamped }: AcceptanceOptions,
): void {
  const question = asked(made);
  const thresholds = {
    logEntries: isLogged ? 1 : 0,
    certificateTimestamps: question.key === undefined ? 1 : 0,
    signedTimes: question.key === undefined || isStamped ? 1 : 0,
  };
  const problem = `whoever trusts ${trustedRoot?.name ?? "the same"} would refuse the signature`;
  accepted(problem, () => checkBundle({ ...question, trust, thresholds }));
}

function asked({ bundle, manifest, by }: BundleToAccept): MadeBundle {
  const key = by.certificate === undefined ? publicKeyOf(by.publicKey, "the signing key") : undefined;
  return { bundle, artifact: { bytes: manifest.bytes }, key };
}

function accepted(problem: string, check: () => unknown): void {
  try {
    check();
  } catch (cause) {
    if (!(cause instanceof Refusal)) throw cause;
    throw new PolicyError("InvalidAnswer", `${problem}: ${cause.message}`, { cause });
  }
}
