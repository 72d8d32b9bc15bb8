/** Why the command was told to stop: the reason of its abort signal. */
export class Interruption extends Error {
  override readonly name = "Interruption";
  readonly exitCode: number;

  constructor(signal: "SIGHUP" | "SIGINT" | "SIGTERM") {
    super(`interrupted by ${signal}`);
    // As shells report a process that a signal ended: 128 and the signal's number.
    this.exitCode = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 }[signal];
  }
}
