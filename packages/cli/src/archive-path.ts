/** A path in an archive as people type it: `./config` is `config`. */
export function archivePath(text: string): string {
  return text.replace(/^\/?(?:\.\/+)+/u, "");
}
