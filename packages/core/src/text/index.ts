export { messageText } from "./message-text.js";
export { printable, printableCells, printableJson, printableLines } from "./printable.js";
