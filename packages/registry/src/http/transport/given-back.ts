import { nextTurn } from "@blob/core/concurrency";

/** Lets requests wait for connections that are about to be free. */
export interface GivenBack {
  /** An answer has been read to its end. */
  ended(): void;
  /** Resolves when the connections of the answers that ended are free again: at once, or a turn later. */
  settled(): Promise<void> | undefined;
}

/**
 * undici uses a connection again a turn after its answer has ended, in case the server closes it. A request that is sent in
 * the same turn, as one that needs what the answer said, would get a new connection: a round trip more, with TLS two.
 */
export function createGivenBack(): GivenBack {
  let settling: Promise<void> | undefined;
  return {
    ended() {
      const turn = nextTurn();
      settling = turn;
      void turn.finally(() => {
        if (settling === turn) settling = undefined;
      });
    },
    settled: () => settling,
  };
}
