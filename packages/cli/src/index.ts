export { exitCodes } from "./errors/exit-code.js";
export type { Io } from "./io.js";
export { Interruption } from "./interruption.js";
export { main } from "./main.js";
