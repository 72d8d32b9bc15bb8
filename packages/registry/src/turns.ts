/** Runs work of the same name one after the other, in the order of arrival; other names do not wait. */
export interface Turns {
  take<T>(name: string, work: () => Promise<T>): Promise<T>;
}

export function createTurns(): Turns {
  const queues = new Map<string, Promise<void>>();
  return {
    async take(name, work) {
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
