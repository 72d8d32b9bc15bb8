// The whole of undici is 130 modules: mocks, caches, WebSocket, EventSource, fetch. Requests to registries need its
// connections, pools and agent; other parts that can be needed are files of their own, loaded when they are.
import path from "node:path";

/** Modules that undici loads and most runs have no use for, by the files of the bundle that get them. */
const apart = {
  "undici-proxy": "dispatcher/proxy-agent.js",
  "undici-http2": "dispatcher/client-h2.js",
  "undici-parser-without-simd": "llhttp/llhttp-wasm.js",
};

/** `fetch`, for proxies, which Node's own does not take; and bodies that are forms. They have most of their code in common. */
const webPart = "\0undici-web";

/** The module that imports of undici get: all that this project uses of it. */
const neededPart = "\0undici";
const http2OnDemand = "\0undici-http2-on-demand";
const assertOnDemand = "\0undici-assert-on-demand";

/**
 * @param {string} folder Where undici is installed.
 * @returns {{ entries: Readonly<Record<string, string>>, module: string, plugin: import("rolldown").Plugin }} More entries
 *   for the bundle, and the module that imports of undici get.
 */
export function narrowUndici(folder) {
  const inLibrary = (/** @type {string} */ name) => path.join(folder, "lib", name);
  const files = Object.fromEntries(Object.entries(apart).map(([name, file]) => [name, inLibrary(file)]));
  const entries = { ...files, "undici-web": webPart };
  const parser = inLibrary("dispatcher/client-h1.js");
  const pool = inLibrary("dispatcher/client.js");
  const util = inLibrary("core/util.js");
  /** @type {Readonly<Record<string, (importer: string) => string | { id: string, external: true } | undefined>>} */
  const elsewhere = {
    undici: () => neededPart,
    "./client-h2.js": (importer) => (importer === pool ? http2OnDemand : undefined),
    "node:assert": (importer) => (importer.startsWith(inLibrary("")) ? assertOnDemand : undefined),
    "../web/fetch/body.js": (importer) => (importer === parser ? fileOf("undici-web") : undefined),
    "../llhttp/llhttp-wasm.js": () => fileOf("undici-parser-without-simd"),
    "./undici-http2.cjs": () => fileOf("undici-http2"),
    "./undici-proxy.cjs": () => fileOf("undici-proxy"),
    "./undici-web.cjs": () => fileOf("undici-web"),
    [webPart]: () => webPart,
  };
  return {
    entries,
    module: neededPart,
    plugin: {
      name: "narrow-undici",
      resolveId: (id, importer = "") => elsewhere[id]?.(importer),
      load(id) {
        if (id === http2OnDemand) {
          return 'module.exports = (...all) => require("./undici-http2.cjs")(...all);';
        }
        if (id === assertOnDemand) {
          return 'module.exports = (value, ...rest) => { if (!value) require("node:assert")(value, ...rest); };';
        }
        if (id === webPart) return exportsOfWeb(inLibrary);
        if (id === neededPart) return exportsOfPart(inLibrary);
        return undefined;
      },
      transform(code, id) {
        if (id === parser) return compiledOnce(code);
        if (id === pool) return withoutHttp(code);
        return id === util ? withoutMessages(code) : undefined;
      },
    },
  };
}

/** @param {keyof typeof apart | "undici-web"} name */
function fileOf(name) {
  return /** @type {const} */ ({ id: `./${name}.cjs`, external: true });
}

/** @param {(name: string) => string} inLibrary */
function exportsOfWeb(inLibrary) {
  const load = (/** @type {string} */ name) => `require(${JSON.stringify(inLibrary(name))})`;
  return `
    exports.extractBody = ${load("web/fetch/body.js")}.extractBody;
    exports.fetch = ${load("web/fetch/index.js")}.fetch;
  `;
}

/** @param {(name: string) => string} inLibrary */
function exportsOfPart(inLibrary) {
  const load = (/** @type {string} */ name) => `require(${JSON.stringify(inLibrary(name))})`;
  return `
    exports.Agent = ${load("dispatcher/agent.js")};
    exports.Pool = ${load("dispatcher/pool.js")};
    exports.buildConnector = ${load("core/connect.js")};
    Object.defineProperty(exports, "ProxyAgent", { enumerable: true, get: () => require("./undici-proxy.cjs") });
    exports.fetch = (...all) => require("./undici-web.cjs").fetch(...all);
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

/**
 * Of Node's own HTTP, undici asks how large heads may be. It is what Node's documentation says, unless Node was told otherwise.
 *
 * @param {string} code Of the module that has the connections.
 */
function withoutHttp(code) {
  return replacedOnce(
    code,
    "const http = require('node:http')",
    `const http = {
      get maxHeaderSize() {
        const given = [process.env.NODE_OPTIONS, ...process.execArgv].join(" ");
        return given.includes("max-http-header-size") ? require("node:http").maxHeaderSize : 16 * 1024;
      },
    }`,
  );
}

/** And whether a stream is one of its messages: no module is loaded to say no. @param {string} code */
function withoutMessages(code) {
  const compared = ".constructor === IncomingMessage";
  return replacedOnce(
    replacedOnce(code, "const { IncomingMessage } = require('node:http')\n", ""),
    `Object.getPrototypeOf(stream)${compared}`,
    "isMessage(Object.getPrototypeOf(stream).constructor)",
  ).concat(`
    function isMessage(constructor) {
      return constructor?.name === "IncomingMessage" && constructor === require("node:http").IncomingMessage;
    }`);
}

/** @param {string} code @param {string} before @param {string} after */
function replacedOnce(code, before, after) {
  if (code.split(before).length !== 2) throw new Error(`undici has changed: ${before}`);
  return code.replace(before, () => after);
}
