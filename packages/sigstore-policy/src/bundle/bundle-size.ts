/** Larger bundles are refused. Those with a log entry and a long provenance have some 20 KiB. */
export const maxBundleBytes: number = 1024 * 1024;
