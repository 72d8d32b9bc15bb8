/** Why the command was told to stop: the reason of its abort signal. */
export class Interruption extends Error {
  override readonly name = "Interruption";
  readonly exitCode: number;

  constructor(signal: "SIGINT" | "SIGTERM") {
    super(`interrupted by ${signal}`);
    // As shells report a process that a signal ended: 128 and the signal's number.
    this.exitCode = signal === "SIGINT" ? 130 : 143;
  }
}
