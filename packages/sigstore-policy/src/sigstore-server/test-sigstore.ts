import { once } from "node:events";
import type { IncomingMessage, RequestListener } from "node:http";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { BundleJson } from "../bundle/bundle-json.js";
import type { CertificateAuthority } from "./certificate-authority.js";
import { createCertificateAuthority, yearsAfter } from "./certificate-authority.js";
import type { CtLog } from "./ct-log.js";
import { createCtLog } from "./ct-log.js";
import type { BundleContent } from "./forge.js";
import { forgeBundle } from "./forge.js";
import { serveFulcio } from "./fulcio-service.js";
import type { TokenClaims } from "./identity.js";
import { githubActionsClaims } from "./identity.js";
import type { IdentityTokens } from "./identity-tokens.js";
import { createIdentityTokens } from "./identity-tokens.js";
import { createKeyPair } from "./key-pair.js";
import type { Answer, Misbehaviour, ServiceName } from "./misbehaviour.js";
import { answer, jsonAnswer } from "./misbehaviour.js";
import { createOidcService } from "./oidc-service.js";
import { createRekorV1Service } from "./rekor-v1-service.js";
import { serveRekorV2 } from "./rekor-v2-service.js";
import type { TimestampAuthority } from "./timestamp-authority.js";
import { createTimestampAuthority } from "./timestamp-authority.js";
import { parseJsonTimestampRequest, parseTimestampRequest } from "./timestamp-requests.js";
import type { TransparencyLog } from "./transparency-log.js";
import { createTransparencyLog } from "./transparency-log.js";
import type { ServiceUrls } from "./trusted-root.js";
import { signingConfigOf, trustedRootOf } from "./trusted-root.js";

export interface TestSigstoreOptions {
  /** The time of all services. Default: the machine's. */
  readonly now?: (() => Date) | undefined;
  /** Who is logged in when a browser comes by. Default: `dev@example.com`. */
  readonly user?: TokenClaims | undefined;
  /** Which workflow asks for tokens. Default: one of `acme/site` on its main branch. */
  readonly workflow?: TokenClaims | undefined;
}

/** A request that one of the services got. */
export interface SigstoreRequest {
  readonly service: ServiceName;
  readonly method: string;
  /** Below the service's URL, with the query. */
  readonly path: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: Uint8Array;
}

/**
 * A whole Sigstore of its own on a loopback port, with new keys: authority, logs, time stamps and an issuer of tokens.
 * It gives a certificate only for a valid token, and logs only what is signed. Behind the services are the objects that
 * serve them: these certify, log and stamp anything, so that a test can forge what a real Sigstore would not sign.
 */
export interface TestSigstore extends AsyncDisposable {
  readonly urls: ServiceUrls;
  /** What a verifier has to trust: JSON of a `TrustedRoot`. */
  readonly trustedRoot: unknown;
  /** Which services a signer uses: JSON of a `SigningConfig`; it prefers Rekor v2. */
  readonly signingConfig: unknown;
  readonly certificateAuthority: CertificateAuthority;
  readonly ctLog: CtLog;
  readonly rekorV1: TransparencyLog;
  readonly rekorV2: TransparencyLog;
  readonly timestampAuthority: TimestampAuthority;
  readonly tokens: IdentityTokens;
  /** The environment of a job of GitHub Actions that may ask for tokens: what `defaultToken` goes by. */
  readonly workflowEnvironment: Readonly<Record<string, string>>;
  /** Every request so far, in order. */
  readonly requests: readonly SigstoreRequest[];
  /** What a service does wrong from now on; without `wrong` it behaves again. */
  misbehave(service: ServiceName, wrong?: Misbehaviour): void;
  /** A bundle of any content, signed with any key and certificate, logged and stamped as it is wanted. */
  forge(content: BundleContent): BundleJson;
  /** Breaks off what is under way and frees the port. */
  close(): Promise<void>;
}

const host = "127.0.0.1";

/** Starts a Sigstore on a free port of this machine; whoever starts it closes it. */
export async function startTestSigstore(options: TestSigstoreOptions = {}): Promise<TestSigstore> {
  const now = options.now ?? (() => new Date());
  // Certificates and signatures of the past have to be verifiable too.
  const start = yearsAfter(now(), -1);
  const ctLog = createCtLog(createKeyPair());
  const certificateAuthority = createCertificateAuthority(ctLog, start, now);
  const rekorV1 = createTransparencyLog({ version: 1, host, now });
  const rekorV2 = createTransparencyLog({ version: 2, host, now });
  const timestampAuthority = createTimestampAuthority(start, now);
  const rekorV1Service = createRekorV1Service(rekorV1);
  const workflowToken = createIdentityTokens(() => "workflow", now).mint({});
  let origin = "";
  const tokens = createIdentityTokens(() => `${origin}/oidc`, now);
  const oidc = createOidcService({
    issuer: () => `${origin}/oidc`,
    tokens,
    user: options.user ?? { sub: "1234", email: "dev@example.com", email_verified: true },
    workflow: options.workflow ?? githubActionsClaims("acme/site"),
    workflowToken,
  });
  const requests: SigstoreRequest[] = [];
  const wrongs = new Map<ServiceName, Misbehaviour>();

  const serve = (request: SigstoreRequest, wrong: Misbehaviour): Answer => {
    const { pathname, searchParams } = new URL(request.path, `http://${host}`);
    const body = Buffer.from(request.body);
    const method = `${request.method} ${pathname}`;
    switch (request.service) {
      case "fulcio":
        if (method !== "POST /api/v2/signingCert") break;
        return serveFulcio(
          certificateAuthority,
          tokens,
          { authorization: request.headers.authorization, body },
          wrong,
        );
      case "rekorV1":
        if (method === "POST /api/v1/log/entries") return rekorV1Service.create(body, wrong);
        if (method.startsWith("GET /api/v1/log/entries/")) return rekorV1Service.get(method.slice(24));
        break;
      case "rekorV2":
        if (method !== "POST /api/v2/log/entries") break;
        return serveRekorV2(rekorV2, body, wrong);
      case "timestampAuthority":
        if (method !== "POST /api/v1/timestamp") break;
        return serveTimestamps(timestampAuthority, body, wrong);
      case "oidc":
        return oidc.serve({
          method: request.method,
          path: pathname,
          query: searchParams,
          authorization: request.headers.authorization,
          body,
        });
    }
    return jsonAnswer(404, { message: "no such endpoint" });
  };

  const misbehaviourOf = (service: ServiceName): Misbehaviour => {
    const wrong = wrongs.get(service) ?? {};
    if (wrong.times === undefined) return wrong;
    if (wrong.times <= 0) return {};
    wrongs.set(service, { ...wrong, times: wrong.times - 1 });
    return wrong;
  };

  const listener: RequestListener = (incoming, response) => {
    const handle = async (): Promise<void> => {
      const [, prefix = "", path = ""] = /^\/([^/]+)(.*)$/.exec(incoming.url ?? "") ?? [];
      const service = services.get(prefix);
      const body = await readBody(incoming);
      if (service === undefined) {
        response.writeHead(404).end();
        return;
      }
      const request = { service, method: incoming.method ?? "", path, headers: incoming.headers, body };
      requests.push(request);
      const wrong = misbehaviourOf(service);
      await answer(response, wrong, () => serve(request, wrong));
    };
    handle().catch(() => {
      // A request that makes no sense: a real service refuses it as well.
      if (response.headersSent) response.destroy();
      else response.writeHead(400).end();
    });
  };

  const server = createServer(listener).listen(0, host);
  await once(server, "listening");
  origin = `http://${host}:${String(portOf(server.address()))}`;
  const urls: ServiceUrls = {
    fulcio: `${origin}/fulcio`,
    rekorV1: `${origin}/rekor`,
    rekorV2: `${origin}/rekor-v2`,
    timestampAuthority: `${origin}/tsa/api/v1/timestamp`,
    oidc: `${origin}/oidc`,
  };
  const close = async (): Promise<void> => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  const trusted = { urls, certificateAuthority, ctLog, rekorV1, rekorV2, timestampAuthority, start };
  return {
    ...trusted,
    trustedRoot: trustedRootOf(trusted),
    signingConfig: signingConfigOf(urls, start),
    tokens,
    workflowEnvironment: {
      GITHUB_ACTIONS: "true",
      ACTIONS_ID_TOKEN_REQUEST_URL: `${urls.oidc}/workflow-token?api-version=2.0`,
      ACTIONS_ID_TOKEN_REQUEST_TOKEN: workflowToken,
    },
    requests,
    misbehave: (service, wrong = {}) => void wrongs.set(service, wrong),
    forge: (content) => forgeBundle(trusted, content),
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** The first part of the path, by which the services share one port. */
const services = new Map<string, ServiceName>([
  ["fulcio", "fulcio"],
  ["rekor", "rekorV1"],
  ["rekor-v2", "rekorV2"],
  ["tsa", "timestampAuthority"],
  ["oidc", "oidc"],
]);

function serveTimestamps(authority: TimestampAuthority, body: Buffer, wrong: Misbehaviour): Answer {
  const request = parseTimestampRequest(body) ?? parseJsonTimestampRequest(body);
  if (request === undefined) return jsonAnswer(400, { message: "not a time-stamp request" });
  return {
    status: 201,
    headers: { "content-type": "application/timestamp-reply" },
    body: authority.timestamp({ ...request, ...wrong.stamped }),
  };
}

function portOf(address: AddressInfo | string | null): number {
  if (typeof address !== "object" || address === null) throw new Error("the server does not listen");
  return address.port;
}

const maxRequestBytes = 8 * 1024 ** 2;

async function readBody(incoming: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > maxRequestBytes) throw new Error("the request is too large");
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
