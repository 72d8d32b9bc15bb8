// The whole of undici is 130 modules: mocks, caches, WebSocket, EventSource, fetch. Requests to registries need its
// connections, pools and agent; other parts that can be needed are files of their own, loaded when they are.
import path from "node:path";

/** Whoever imports undici and needs more than that: `fetch` through proxies. */
const needsAll = /[\\/]sigstore-policy[\\/]/u;

/** Modules that undici loads and most runs have no use for, by the files of the bundle that get them. */
const apart = {
  "undici-proxy": "dispatcher/proxy-agent.js",
  "undici-http2": "dispatcher/client-h2.js",
  "undici-form-body": "web/fetch/body.js",
  "undici-parser-without-simd": "llhttp/llhttp-wasm.js",
};

/** The module that imports of undici get. */
const registryPart = "\0undici";
const http2OnDemand = "\0undici-http2-on-demand";

/**
 * What undici is for registries.
 *
 * @param {string} folder Where undici is installed.
 * @returns {{ entries: Readonly<Record<string, string>>, module: string, plugin: import("rolldown").Plugin }} More entries
 *   for the bundle, and the module that imports of undici get.
 */
export function narrowUndici(folder) {
  const inLibrary = (/** @type {string} */ name) => path.join(folder, "lib", name);
  const entries = Object.fromEntries(Object.entries(apart).map(([name, file]) => [name, inLibrary(file)]));
  const parser = inLibrary("dispatcher/client-h1.js");
  const pool = inLibrary("dispatcher/client.js");
  /** @type {Readonly<Record<string, (importer: string) => string | { id: string, external: true } | undefined>>} */
  const elsewhere = {
    undici: (importer) => (needsAll.test(importer) ? undefined : registryPart),
    "./client-h2.js": (importer) => (importer === pool ? http2OnDemand : undefined),
    "../web/fetch/body.js": (importer) => (importer === parser ? fileOf("undici-form-body") : undefined),
    "../llhttp/llhttp-wasm.js": () => fileOf("undici-parser-without-simd"),
    "./undici-http2.cjs": () => fileOf("undici-http2"),
    "./undici-proxy.cjs": () => fileOf("undici-proxy"),
  };
  return {
    entries,
    module: registryPart,
    plugin: {
      name: "narrow-undici",
      resolveId: (id, importer = "") => elsewhere[id]?.(importer),
      load(id) {
        if (id === http2OnDemand) {
          return 'module.exports = (...all) => require("./undici-http2.cjs")(...all);';
        }
        if (id === registryPart) return partForRegistries(inLibrary);
        return undefined;
      },
      transform: (code, id) => (id === parser ? compiledOnce(code) : undefined),
    },
  };
}

/** @param {keyof typeof apart} name */
function fileOf(name) {
  return /** @type {const} */ ({ id: `./${name}.cjs`, external: true });
}

/** @param {(name: string) => string} inLibrary */
function partForRegistries(inLibrary) {
  const load = (/** @type {string} */ name) => `require(${JSON.stringify(inLibrary(name))})`;
  return `
    exports.Agent = ${load("dispatcher/agent.js")};
    exports.Pool = ${load("dispatcher/pool.js")};
    exports.buildConnector = ${load("core/connect.js")};
    Object.defineProperty(exports, "ProxyAgent", { enumerable: true, get: () => require("./undici-proxy.cjs") });
    Object.assign(${load("dispatcher/dispatcher.js")}.prototype, ${load("api/index.js")});
  `;
}

/**
 * V8 compiles WebAssembly once more, and better, when enough of it has run. In Node 20 and 22 that is so little that the
 * second answer starts it for undici's parser, and no process ends before it is done: a tenth of a second of every short
 * command. The parser reads heads of answers and counts bytes of bodies: it stays as it was compiled first. Newer versions
 * have a limit that such a command does not reach.
 *
 * @param {string} code Of the module that has the parser.
 */
function compiledOnce(code) {
  const compile = "new WebAssembly.Module(";
  if (code.split(compile).length !== 3)
    throw new Error("undici compiles its parser in another way than it did");
  return `${code.replaceAll(compile, "compileParser(")}
    function compileParser(bytes) {
      const isTiered = Number(process.versions.node.split(".")[0]) < 24 && /^(?:x64|arm64)$/.test(process.arch);
      if (!isTiered) return new WebAssembly.Module(bytes);
      const { setFlagsFromString } = require("node:v8");
      setFlagsFromString("--liftoff-only");
      try {
        return new WebAssembly.Module(bytes);
      } finally {
        setFlagsFromString("--no-liftoff-only");
      }
    }`;
}
