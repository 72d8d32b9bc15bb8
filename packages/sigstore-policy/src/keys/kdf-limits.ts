import { PolicyError } from "../errors.js";

/**
 * What a key file may ask for when its password is turned into a key. A file is not trusted to choose: it could ask
 * for gigabytes, or for hours. The strongest settings in use (scrypt with N = 2¹⁷, r = 8: 128 MiB, below a second) pass.
 */
const maxScryptBytes = 128 * 1024 * 1024;
const maxScryptParallel = 4;
/** About two seconds. What tools write by themselves is between 2,048 and 600,000. */
const maxPbkdf2Iterations = 2_000_000;

export interface ScryptCost {
  readonly N: number;
  readonly r: number;
  readonly p: number;
}

/** Memory that scrypt takes with these parameters (RFC 7914, section 6). */
export function scryptMemory({ N, r, p }: ScryptCost): number {
  return 128 * r * (N + p + 2);
}

/** @throws PolicyError `UnsupportedKey` */
export function checkScryptCost(cost: ScryptCost, what: string): void {
  const { N, r, p } = cost;
  const isPower = Number.isSafeInteger(N) && N > 1 && Number.isInteger(Math.log2(N));
  const isWhole = Number.isSafeInteger(r) && r > 0 && Number.isSafeInteger(p) && p > 0;
  if (!isPower || !isWhole) {
    throw new PolicyError("InvalidKey", `${what} has scrypt parameters that make no sense`);
  }
  if (128 * N * r > maxScryptBytes || p > maxScryptParallel) {
    const message = `${what} asks for more memory or time than is allowed (scrypt, at most 128 MiB four times over)`;
    throw new PolicyError("UnsupportedKey", message);
  }
}

/** @throws PolicyError `UnsupportedKey` */
export function checkPbkdf2Cost(iterations: number, what: string): void {
  if (iterations > maxPbkdf2Iterations) {
    const message = `${what} asks for more than ${maxPbkdf2Iterations} iterations of PBKDF2`;
    throw new PolicyError("UnsupportedKey", message);
  }
}
