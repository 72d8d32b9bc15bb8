export { forEachConcurrent } from "./for-each-concurrent.js";
export { inOrder } from "./in-order.js";
export { nextTurn } from "./next-turn.js";
export { createQueues } from "./queues.js";
export type { Queues } from "./queues.js";
export { createSingleFlight } from "./single-flight.js";
export type { SingleFlight } from "./single-flight.js";
export { together } from "./together.js";
