/**
 * Threads run files, which a bundle has where its build has put them: `ownFile` of @blob/format finds none in a bundle of
 * somebody else, and those of ours in this one.
 *
 * @returns {import("rolldown").Plugin}
 */
export function ownFiles() {
  return {
    name: "own-files",
    load(id) {
      if (!/[\\/]format[\\/]dist[\\/]node[\\/]workers[\\/]own-file\.js$/u.test(id)) return undefined;
      return `
        export function ownFile(relative) {
          return new URL(\`./\${relative.slice(relative.lastIndexOf("/") + 1)}\`, import.meta.url);
        }
      `;
    },
  };
}
