import type { Entry } from "../../entry.js";
import type { Extraction } from "./extract-options.js";

/** SHA-256. */
const hashBytes = 32;

/**
 * Files that wait for their turn: their numbers and hashes are in columns, and they are made again when they are asked
 * for. Thousands of objects that live for a second are what a garbage collector is slowest to free.
 */
export class PackedFiles {
  readonly #paths: string[] = [];
  /** Of files that go elsewhere than to their paths. */
  readonly #targets = new Map<number, string>();
  readonly #compressions: Entry["compression"][] = [];
  readonly #numbers: number[] = [];
  #times = new BigInt64Array(64);
  #hashes = new Uint8Array(64 * hashBytes);

  get count(): number {
    return this.#paths.length;
  }

  add({ entry, target }: Extraction): void {
    const at = this.count;
    if (at === this.#times.length) this.#grow();
    this.#paths.push(entry.path);
    if (target !== entry.path) this.#targets.set(at, target);
    this.#compressions.push(entry.compression);
    this.#numbers.push(entry.size, entry.dataOffset, entry.storedSize, entry.mode, entry.uid, entry.gid);
    this.#times[at] = entry.mtimeNs;
    this.#hashes.set(entry.hash, at * hashBytes);
  }

  /** In the order in which they were added. */
  *[Symbol.iterator](): Generator<Extraction, void, undefined> {
    for (const [at, path] of this.#paths.entries()) {
      const number = (column: number): number => this.#numbers[at * 6 + column] ?? 0;
      const entry: Entry = {
        path,
        size: number(0),
        dataOffset: number(1),
        storedSize: number(2),
        mode: number(3),
        uid: number(4),
        gid: number(5),
        hash: this.#hashes.subarray(at * hashBytes, (at + 1) * hashBytes),
        mtimeNs: this.#times[at] ?? 0n,
        compression: this.#compressions[at] ?? "unknown",
      };
      yield { entry, target: this.#targets.get(at) ?? path };
    }
  }

  #grow(): void {
    const times = new BigInt64Array(2 * this.#times.length);
    times.set(this.#times);
    this.#times = times;
    const hashes = new Uint8Array(2 * this.#hashes.length);
    hashes.set(this.#hashes);
    this.#hashes = hashes;
  }
}
