export { portableZstdFrames as fzstdFrames } from "./portable.js";
