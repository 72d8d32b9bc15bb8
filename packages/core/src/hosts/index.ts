export { isDeeper, isLoopbackAddress, leadsInward, zoneOf, type HostZone } from "./host-zone.js";
