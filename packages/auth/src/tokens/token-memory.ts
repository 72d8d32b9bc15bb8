import type { AuthorizationTarget, Scope } from "./authenticator.js";
import { coverScopes } from "./scopes.js";

/** An `Authorization` value that was offered, and may be again. */
export interface Remembered {
  readonly value: string;
  /** What it is good for; undefined: everything (a password, or a ready registry token). */
  readonly scopes: readonly Scope[] | undefined;
  /** On the clock of `now`. */
  readonly usableUntil: number;
}

/**
 * The values of one authenticator. A value is only ever found for the origin, host and repository that it was
 * made for: two registries may share a token server, and must not see each other's tokens.
 */
export interface TokenMemory {
  /** The value that was remembered under this key. */
  get(target: AuthorizationTarget, key: string): string | undefined;
  /** Any value that covers the target's scopes. */
  find(target: AuthorizationTarget): string | undefined;
  set(target: AuthorizationTarget, key: string, remembered: Remembered): void;
  /** Drops a value that was refused, whatever it was remembered for. */
  forget(target: AuthorizationTarget, value: string): void;
}

/** Whoever visits more repositories than this pays for a token again, not with memory. */
const maxEntries = 1000;

export function createTokenMemory(now: () => number): TokenMemory {
  const accounts = new Map<string, Map<string, Remembered>>();
  let entries = 0;

  function drop(account: string, key: string): void {
    const kept = accounts.get(account);
    if (kept?.delete(key) !== true) return;
    entries -= 1;
    if (kept.size === 0) accounts.delete(account);
  }

  function dropOldest(): void {
    for (const [account, kept] of accounts) {
      for (const key of kept.keys()) return drop(account, key);
    }
  }

  return {
    get(target, key) {
      const remembered = accounts.get(accountKey(target))?.get(key);
      return remembered !== undefined && remembered.usableUntil > now() ? remembered.value : undefined;
    },
    find(target) {
      const account = accountKey(target);
      for (const [key, { value, scopes, usableUntil }] of accounts.get(account) ?? []) {
        if (usableUntil <= now()) drop(account, key);
        else if (scopes === undefined || coverScopes(scopes, target.scopes)) return value;
      }
      return undefined;
    },
    set(target, key, remembered) {
      const account = accountKey(target);
      drop(account, key);
      if (entries >= maxEntries) dropOldest();
      const kept = accounts.get(account) ?? new Map<string, Remembered>();
      kept.set(key, remembered);
      accounts.set(account, kept);
      entries += 1;
    },
    forget(target, value) {
      const account = accountKey(target);
      for (const [key, remembered] of accounts.get(account) ?? []) {
        if (remembered.value === value) drop(account, key);
      }
    },
  };
}

/** Whose values these are. The parts cannot contain line ends: they come from parsed URLs and references. */
export function accountKey({ origin, host, repository = "" }: AuthorizationTarget): string {
  return `${origin}\n${host}\n${repository}`;
}
