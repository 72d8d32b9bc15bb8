// By its name, so that the bundle has nothing else of that package with it.
export { environmentProxies } from "@blob/registry/proxy";
