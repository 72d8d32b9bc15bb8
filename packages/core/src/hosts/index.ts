export {
  isDeeper,
  isLoopbackAddress,
  isLoopbackHost,
  leadsInward,
  zoneOf,
  type HostZone,
} from "./host-zone.js";
