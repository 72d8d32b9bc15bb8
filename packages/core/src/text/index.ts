export { messageText } from "./message-text.js";
export { printable, printableJson, printableLines } from "./printable.js";
