export { messageText } from "./message-text.js";
export { textOfBytes } from "./text-of-bytes.js";
export { printable, printableCells, printableJson, printableLines } from "./printable.js";
