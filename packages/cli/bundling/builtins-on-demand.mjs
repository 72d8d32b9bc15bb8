// Node's own modules take time to load, too, and a bundle loads those that any of its code needs. These are not needed by
// most runs, and are loaded where they are used.

const seldom = ["child_process", "dns", "timers/promises", "tls", "worker_threads", "zlib"];

/** As the bundler writes imports, and commander its requirement. */
const declaration = new RegExp(
  `^[ \\t]*(?:let|const) (node_\\w+|childProcess) = require\\("(node:(?:${seldom.join("|")}))"\\);\\n`,
  "gmu",
);

/** @returns {import("rolldown").Plugin} */
export function builtinsOnDemand() {
  return {
    name: "builtins-on-demand",
    renderChunk: (code) => ({ code: withoutPerformance(onDemand(code)) }),
  };
}

/** @param {string} code */
function onDemand(code) {
  let result = code;
  for (const [line, name = "", module = ""] of code.matchAll(declaration)) {
    // All of the module's exports stand under its name, as for `import * as`.
    const asNamespace = new RegExp(`^${name} = .*__toESM\\(${name}, 1\\);\\n`, "mu");
    result = result.replace(line, "").replace(asNamespace, "");
    if (new RegExp(`\\b${name}(?:\\.default\\b| =[^=])`, "u").test(result)) {
      throw new Error(`${name} is used in a way that it cannot be loaded for`);
    }
    result = result.replace(new RegExp(`(?<![.\\w])${name}\\b`, "gu"), `(require("${module}"))`);
  }
  return result;
}

/** Asking for `performance` loads all of `node:perf_hooks`, only to be told the time. @param {string} code */
function withoutPerformance(code) {
  return code.replace(/(?<![.\w])performance\.now\(\)/gu, "(process.uptime() * 1000)");
}
