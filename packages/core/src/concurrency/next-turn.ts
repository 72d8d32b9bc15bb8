type Schedule = (callback: () => void) => void;

let schedule: Schedule | undefined;

/**
 * Resolves when timers, sockets and input had their turn, which a promise alone does not let them have. Not a timer where
 * there is something else: browsers make those wait for 4 ms.
 */
export function nextTurn(): Promise<void> {
  schedule ??= findSchedule();
  return new Promise(schedule);
}

function findSchedule(): Schedule {
  const immediate: unknown = Reflect.get(globalThis, "setImmediate");
  if (typeof immediate === "function")
    return (callback) => void Reflect.apply(immediate, undefined, [callback]);
  if (typeof MessageChannel !== "function") return (callback) => void setTimeout(callback, 0);
  return (callback) => {
    const { port1, port2 } = new MessageChannel();
    port1.addEventListener(
      "message",
      () => {
        port1.close();
        callback();
      },
      { once: true },
    );
    port1.start();
    port2.postMessage(undefined);
  };
}
