export { fromTar } from "./from-tar.js";
export type { FromTarOptions } from "./from-tar.js";
export type { SkippedTarMember, TarFile, TarSkipReason } from "./tar-file.js";
export { toTar } from "./to-tar.js";
export type { ToTarOptions, ToTarProgress } from "./to-tar.js";
