const loopbackNames = ["localhost", "127.0.0.1", "[::1]"];

/**
 * Whether a request may be answered by its `Host` header. A server on the loopback interface answers only to that
 * interface's names: otherwise any web site could have its own name resolved to this machine, and read the archive with
 * its visitors' browsers (DNS rebinding). Elsewhere the names that lead here are not known.
 */
export function createHostCheck(listenAddress: string): (host: string | undefined) => boolean {
  if (!/^(?:localhost|127\.\d+\.\d+\.\d+|::1)$/u.test(listenAddress)) return () => true;
  const names = new Set([...loopbackNames, listenAddress]);
  return (host) => host !== undefined && names.has(host.toLowerCase().replace(/:\d{1,5}$/u, ""));
}
