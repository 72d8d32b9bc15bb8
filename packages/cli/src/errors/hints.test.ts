import { expect, test } from "vitest";
import type { Circumstances } from "./circumstances.js";
import { newCircumstances } from "./circumstances.js";
import { hintFor } from "./hints.js";

interface Situation {
  readonly error: object;
  readonly cause?: object;
  readonly plainHttp?: boolean;
  readonly sources?: readonly (readonly [string, string | undefined])[];
  readonly hint: RegExp | undefined;
}

const host = "registry.example";
const network = (code: string, more: Partial<Situation> = {}): Pick<Situation, "error" | "cause"> => ({
  error: { code: "Network", host },
  cause: { code },
  ...more,
});

const situations: Readonly<Record<string, Situation>> = {
  "nothing known about the code": { error: { code: "Curious" }, hint: undefined },
  "no code": { error: {}, hint: /^this is a bug in blob/u },
  "plain HTTP to a port with TLS, by a 400": {
    error: { code: "Rejected", status: 400, host },
    plainHttp: true,
    hint: /speaks https at this port, leave out --plain-http/u,
  },
  "plain HTTP to a port with TLS, by an alert": {
    ...network("HPE_INVALID_CONSTANT"),
    plainHttp: true,
    hint: /leave out --plain-http/u,
  },
  "plain HTTP to a port with TLS, by its end": {
    ...network("UND_ERR_SOCKET"),
    plainHttp: true,
    hint: /leave out --plain-http/u,
  },
  "a 400 over TLS": { error: { code: "Rejected", status: 400, host }, hint: undefined },
  "a broken connection over TLS": { ...network("UND_ERR_SOCKET"), hint: /^check the network/u },
  "TLS to a port that has none": { ...network("ERR_SSL_WRONG_VERSION_NUMBER"), hint: /try --plain-http$/u },
  "a certificate that signed itself": { ...network("DEPTH_ZERO_SELF_SIGNED_CERT"), hint: /--ca-file/u },
  "a private authority": { ...network("SELF_SIGNED_CERT_IN_CHAIN"), hint: /--ca-file/u },
  "an unknown authority": { ...network("UNABLE_TO_GET_ISSUER_CERT_LOCALLY"), hint: /--ca-file/u },
  "a chain with a gap": { ...network("UNABLE_TO_VERIFY_LEAF_SIGNATURE"), hint: /--ca-file/u },
  "an expired certificate": { ...network("CERT_HAS_EXPIRED"), hint: /^the certificate has expired/u },
  "a certificate of tomorrow": { ...network("CERT_NOT_YET_VALID"), hint: /clock$/u },
  "another host's certificate": { ...network("ERR_TLS_CERT_ALTNAME_INVALID"), hint: /is for another host/u },
  "a closed port": { ...network("ECONNREFUSED"), hint: /^nothing listens there/u },
  "a trusted root that others can change": {
    error: { code: "TrustUnavailable" },
    cause: { code: "UnsafeDirectory" },
    hint: /choose another place with BLOB_CACHE_DIR$/u,
  },
  "a cache that others can change": { error: { code: "UnsafeDirectory" }, hint: /BLOB_CACHE_DIR$/u },
  "an unknown name": { ...network("ENOTFOUND"), hint: /^the host's name was not found/u },
  "a proxy without credentials": {
    error: { code: "Network", status: 407, host },
    cause: { code: "PROXY_REFUSED" },
    hint: /the proxy's URL.*http:\/\/user:password@host:port$/u,
  },
  "a 403 without credentials": {
    error: { code: "Forbidden", status: 403, host, credentialsSent: false },
    hint: /^log in with `blob login registry\.example`, or set BLOB_USERNAME.*: no credentials were sent$/u,
  },
  "a 401 without credentials, although there are some": {
    error: { code: "Unauthorized", status: 401, host, credentialsSent: false },
    sources: [[host, "/home/me/.docker/config.json"]],
    hint: /: no credentials were sent$/u,
  },
  "a 403 with credentials of a known place": {
    error: { code: "Forbidden", status: 403, host, credentialsSent: true },
    sources: [[host, "/home/me/.docker/config.json"]],
    hint: /^registry\.example refused the credentials from \/home\/me\/\.docker\/config\.json: check/u,
  },
  "a 403 with credentials of an unknown place": {
    error: { code: "Forbidden", status: 403, host, credentialsSent: true },
    hint: /^check that the credentials are meant for this repository/u,
  },
  "a 403 that nobody knows more about": { error: { code: "Forbidden", host }, hint: /blob login/u },
  "no token for anonymous clients": {
    error: { code: "TokenRefused", host },
    sources: [[host, undefined]],
    hint: /: no credentials were sent$/u,
  },
  "no token for a password": {
    error: { code: "TokenRefused", host },
    sources: [[host, "--username"]],
    hint: /^registry\.example refused the credentials from --username/u,
  },
  "no token for what the environment has": {
    error: { code: "TokenRefused", host },
    sources: [[host, "environment"]],
    hint: /refused the credentials from the environment \(BLOB_USERNAME and BLOB_PASSWORD, or BLOB_TOKEN\): correct/u,
  },
  "credentials of another host": {
    error: { code: "Forbidden", host, credentialsSent: true },
    sources: [["other.example", "BLOB_TOKEN"]],
    hint: /^check that/u,
  },
  "not found, by nobody": {
    error: { code: "NotFound", host, credentialsSent: false },
    hint: /^check the spelling.*private, log in/u,
  },
  "not found, by somebody": {
    error: { code: "NotFound", host, credentialsSent: true },
    hint: /^check the spelling[^;]*$/u,
  },
  "no current directory": {
    error: { code: "ENOENT", syscall: "uv_cwd" },
    hint: /^the current directory was deleted/u,
  },
  "no temporary directory": { error: { code: "TemporaryDirectory" }, hint: /^set TMPDIR/u },
  "a full disk": { error: { code: "Output" }, cause: { code: "ENOSPC" }, hint: /not complete$/u },
};

test.each(Object.entries(situations))(
  "%s",
  (_name, { error, cause, plainHttp = false, sources = [], hint }) => {
    const inner = Object.assign(new Error("inner"), cause);
    // As undici does: a cause in a cause.
    const outer = Object.assign(
      new Error("outer", { cause: new Error("fetch failed", { cause: inner }) }),
      error,
    );
    const circumstances: Circumstances = {
      ...newCircumstances(),
      plainHttp,
      credentialSources: new Map(sources),
    };
    const said = hintFor(outer, circumstances);
    if (hint === undefined) expect(said).toBeUndefined();
    else {
      expect(said).toMatch(hint);
      expect(said).not.toMatch(/\n|undefined|artifact types/u);
    }
  },
);
