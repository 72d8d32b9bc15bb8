import { createAuthenticator, describeCredential } from "@blob/auth";
import type { Location } from "@blob/client";
import { isLoopbackHost } from "@blob/core/hosts";
import type { HttpMirrorOptions, HttpTrace, Manifest, TlsOptions } from "@blob/registry";
import { createHttpRegistry } from "@blob/registry";
import { credentialsOf } from "../session/credentials.js";
import type { Session } from "../session/session.js";
import type { Checklist } from "./check.js";
import { ok, skipped, warning } from "./check.js";
import { checkConnection, checkDns } from "./connection-checks.js";
import { proxyFor } from "./proxy.js";
import type { Subject } from "./registry-checks.js";
import { checkClock, checkUpload } from "./registry-checks.js";
import { archiveChecks, diagnoseArchive } from "./diagnose-archive.js";
import { createRequestLog } from "./request-log.js";

/** All that reaching an archive in a registry over HTTP depends on, from the network up. */
export async function diagnoseRegistry(
  session: Session,
  location: Location & { readonly place: { readonly kind: "registry" } },
  list: Checklist,
): Promise<void> {
  const { io, flags, signal } = session;
  const { host } = location.place;
  const { repository, text } = location;
  const connection = await session.connection(host);
  const credentials = await credentialsOf(session, [host]);
  const record = (trace: HttpTrace): void => {
    log.record(trace);
    connection.trace?.(trace);
  };
  const registry = createHttpRegistry(host, {
    ...connection,
    authenticator: createAuthenticator({ credentials }),
    // What is wrong is to be seen: one more try, for what passes by itself.
    retry: { retries: 1, maxWaitMs: 2000 },
    trace: record,
  });
  const log = createRequestLog(
    () => registry.origin,
    () => Date.now(),
  );
  const url = new URL(registry.origin);
  const orPlain = connection.plainHttp === undefined && isLoopbackHost(host);
  try {
    const { options, sources } = (await session.hostSettings())(host);
    if (sources.length > 0) await list.check("settings", () => ok(sources.join(", ")));
    const { mirrors = [] } = options;
    if (mirrors.length > 0) await list.check("mirrors", () => ok(mirrors.map(describeMirror).join("; ")));
    if (connection.tls?.ca !== undefined || connection.tls?.certificate !== undefined) {
      await list.check("certificates", () => ok(describeTls(connection.tls)));
    }
    let isDirect = false;
    await list.check("proxy", () => {
      const proxy = proxyFor(url, io.env);
      isDirect = "none" in proxy;
      return ok("none" in proxy ? proxy.none : `${proxy.host}, from ${proxy.variable}`);
    });
    const byProxy = skipped("the proxy does it");
    await list.check("dns", () => (isDirect ? checkDns(url) : byProxy));
    await list.check("connection", () =>
      isDirect ? checkConnection(url, { tls: connection.tls, orPlain }, signal) : byProxy,
    );
    await list.check("credentials", async () => {
      const found = await describeCredential(credentials, { host, repository }, { signal });
      if (found === undefined) return ok("none found: requests are anonymous");
      return ok([found.kind, found.username, `from ${found.source}`].filter(Boolean).join(", "));
    });
    const isReachable = !list.checks.some(
      ({ name, status }) => ["proxy", "dns", "connection"].includes(name) && status === "failed",
    );
    const subject: Subject = { registry, repository, reference: referenceOf(location), text, signal };
    let redirects: readonly string[] = [];
    let manifest: Manifest | undefined;
    const unreachable = skipped("needs a connection");
    if (!isReachable) for (const name of archiveChecks) await list.check(name, () => unreachable);
    else {
      ({ redirects, manifest } = await diagnoseArchive(subject, list, () => log.take()));
    }
    await list.check("redirects", () => {
      if (!isReachable) return unreachable;
      if (manifest === undefined) return skipped("needs a blob to ask for");
      return ok(
        redirects.length === 0
          ? "none: blobs come from the registry"
          : `blobs come from ${redirects.join(", ")}`,
      );
    });
    await list.check("upload", () => (isReachable ? checkUpload(registry, subject) : unreachable));
    await list.check("token", () => {
      if (!isReachable) return unreachable;
      if (log.tokens.length === 0) return ok("the registry asked for none");
      const asked = [
        ...new Set(log.tokens.map(({ host: from, scopes }) => `${scopes || "no scope"} (${from})`)),
      ];
      return ok(`asked for ${asked.join("; ")}`);
    });
    await list.check("clock", () => (isReachable ? checkClock(log.skewSeconds()) : unreachable));
    if (flags.insecure) await list.check("tls", () => warning("--insecure: whoever answers is believed"));
  } finally {
    await registry.close();
  }
}

/** `mirror.example/hub, http, for digests and tags`. */
function describeMirror({
  host,
  prefix,
  plainHttp,
  digests = true,
  tags = false,
  tls,
}: HttpMirrorOptions): string {
  const place = [host, prefix].filter(Boolean).join("/");
  const kinds = [digests ? "digests" : "", tags ? "tags" : ""].filter((kind) => kind !== "").join(" and ");
  const marks = [
    plainHttp === true ? "http" : "",
    tls?.insecure === true ? "certificates are not verified" : "",
  ].filter((mark) => mark !== "");
  return [place, ...marks, `for ${kinds}`].join(", ");
}

function describeTls({ ca = "", certificate }: TlsOptions = {}): string {
  const count = ca.split("-----BEGIN CERTIFICATE-----").length - 1;
  return [
    ...(count === 0
      ? []
      : [`${String(count)} more ${count === 1 ? "authority is" : "authorities are"} trusted`]),
    ...(certificate === undefined ? [] : ["a client certificate is shown"]),
  ].join(", ");
}

function referenceOf({ digest, tag }: Location): string {
  return digest ?? tag ?? "latest";
}
