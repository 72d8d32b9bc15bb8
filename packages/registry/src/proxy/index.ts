export { exceptionFor } from "./exceptions.js";
export type { ProxyDispatcherOptions } from "./proxy-dispatcher.js";
export { createProxyDispatcher } from "./proxy-dispatcher.js";
export { ProxyError, proxyErrorOf } from "./proxy-error.js";
export type { Proxy, ProxyOptions, Route } from "./route.js";
export { environmentProxies, proxyVariable, routeTo } from "./route.js";
