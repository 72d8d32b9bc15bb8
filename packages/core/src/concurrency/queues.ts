/** Runs work of the same name one after the other, in the order of arrival; other names do not wait. */
export interface Queues {
  /** Does the work when all that was given before under this name has ended, however it did. */
  enter<T>(name: string, work: () => Promise<T>): Promise<T>;
}

/** Queues that hold nothing while nobody waits. */
export function createQueues(): Queues {
  const queues = new Map<string, Promise<void>>();
  return {
    async enter(name, work) {
      const before = queues.get(name);
      let done = (): void => {};
      const turn = new Promise<void>((resolve) => {
        done = resolve;
      });
      const queue = before === undefined ? turn : before.then(() => turn);
      queues.set(name, queue);
      try {
        await before;
        return await work();
      } finally {
        done();
        if (queues.get(name) === queue) queues.delete(name);
      }
    },
  };
}
