/**
 * Why the command was told to stop: who aborts the signal of its `Io` gives one as the reason, and `main` returns its
 * exit code. Any other reason is reported as an error.
 */
export class Interruption extends Error {
  /** Tells it apart where classes cannot, as between two copies of this package. */
  override readonly name = "Interruption";
  /** 129, 130 or 143, by the signal. */
  readonly exitCode: number;

  /** @param signal - Which signal the process got, or would have got. */
  constructor(signal: "SIGHUP" | "SIGINT" | "SIGTERM") {
    super(`interrupted by ${signal}`);
    // As shells report a process that a signal ended: 128 and the signal's number.
    this.exitCode = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 }[signal];
  }
}
