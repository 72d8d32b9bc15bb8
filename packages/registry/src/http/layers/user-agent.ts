import type { Layer } from "./handler.js";
import { withHeaders } from "./handler.js";

/** Registries ask clients to identify themselves, and limit those that do not. */
export function withUserAgent(userAgent: string): Layer {
  return (next) => (request) => next(withHeaders(request, { "user-agent": userAgent }));
}
