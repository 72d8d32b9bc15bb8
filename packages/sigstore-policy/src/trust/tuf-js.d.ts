// What embed-tuf.mjs writes beside this file and into dist: the updater of tuf-js without the HTTP client that it comes with.
export { BaseFetcher, Updater } from "tuf-js";
/** An updater takes this error, and no other, for "there is no newer version". */
export { DownloadHTTPError } from "tuf-js/dist/error.js";

/** The `root.json` of the public Sigstore instance, as `@sigstore/tuf` comes with it, in base64. */
export const publicRoot: string;
