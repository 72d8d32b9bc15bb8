import path from "node:path";
import type { Situation, World } from "./situation.js";
import { complaint, refusing } from "./situation.js";

const password = { username: "ann", password: "s3cret" };
const anns = Buffer.from("ann:guess").toString("base64");

function dockerConfig({ write, host }: World): Promise<string> {
  return write("home/.docker/config.json", JSON.stringify({ auths: { [host]: { auth: anns } } }));
}

const ls = (world: World): { readonly argv: readonly string[] } => ({ argv: ["ls", world.reference] });
const pushing = ({ reference, work }: World): { readonly argv: readonly string[] } => ({
  argv: ["push", reference, path.join(work, "site")],
});

/** A registry that says no. */
export const refusals: readonly Situation[] = [
  {
    name: "login with a wrong password",
    typed({ registry, host }) {
      registry.quirks.basicAuth = password;
      return { argv: ["login", host, "-u", "ann", "--password-stdin"], stdin: "guess\n" };
    },
    exit: 3,
    line: "error[Unauthorized]: HOST: cannot log in: the registry does not accept the credentials that were sent (HTTP 401, UNAUTHORIZED, authentication required)",
    hint: "HOST refused this user name and password, and nothing was stored: check both; many registries want an access token for a password",
  },
  {
    name: "login with a wrong password, where there are tokens",
    typed({ registry, host }) {
      registry.quirks.tokenAuth = password;
      return { argv: ["login", host, "-u", "ann", "--password-stdin"], stdin: "guess\n" };
    },
    exit: 3,
    line: "error[TokenRefused]: the token server of HOST (HOST) does not accept the credential from --username (status 401)",
    hint: "HOST refused this user name and password, and nothing was stored: check both; many registries want an access token for a password",
  },
  {
    name: "no credentials",
    typed(world) {
      world.registry.quirks.basicAuth = password;
      return ls(world);
    },
    exit: 3,
    line: "error[Unauthorized]: HOST: cannot read the manifest acme/site:v1: the registry wants credentials, and none were sent: log in to it first (HTTP 401, UNAUTHORIZED, authentication required)",
    hint: "log in with `blob login HOST`, or set BLOB_USERNAME and BLOB_PASSWORD, or BLOB_TOKEN: no credentials were sent",
  },
  {
    name: "no credentials, where there are tokens",
    typed(world) {
      world.registry.quirks.tokenAuth = password;
      return ls(world);
    },
    exit: 3,
    line: "error[TokenRefused]: the token server of HOST (HOST) gives no token to anonymous clients (status 401), and no credential was found for HOST",
    hint: "log in with `blob login HOST`, or set BLOB_USERNAME and BLOB_PASSWORD, or BLOB_TOKEN: no credentials were sent",
  },
  {
    name: "a refused credential of docker's file",
    async typed(world) {
      world.registry.quirks.basicAuth = password;
      await dockerConfig(world);
      return ls(world);
    },
    exit: 3,
    line: "error[Unauthorized]: HOST: cannot read the manifest acme/site:v1: the registry does not accept the credentials that were sent (HTTP 401, UNAUTHORIZED, authentication required)",
    hint: "HOST refused the credentials from WORK/home/.docker/config.json: if they are no longer valid, log in again with `blob login HOST`",
  },
  {
    name: "a refused credential of docker's file, where there are tokens",
    async typed(world) {
      world.registry.quirks.tokenAuth = password;
      await dockerConfig(world);
      return ls(world);
    },
    exit: 3,
    line: "error[TokenRefused]: the token server of HOST (HOST) does not accept the credential from WORK/home/.docker/config.json (status 401)",
    hint: "HOST refused the credentials from WORK/home/.docker/config.json: if they are no longer valid, log in again with `blob login HOST`",
  },
  {
    name: "a refused credential of the environment",
    typed(world) {
      world.registry.quirks.basicAuth = password;
      return { ...ls(world), env: { BLOB_USERNAME: "ann", BLOB_PASSWORD: "guess" } };
    },
    exit: 3,
    line: "error[Unauthorized]: HOST: cannot read the manifest acme/site:v1: the registry does not accept the credentials that were sent (HTTP 401, UNAUTHORIZED, authentication required)",
    hint: "HOST refused the credentials from the environment (BLOB_USERNAME and BLOB_PASSWORD, or BLOB_TOKEN): correct these variables, or unset them",
  },
  {
    name: "a refused credential of --username",
    typed(world) {
      world.registry.quirks.basicAuth = password;
      return { argv: [...ls(world).argv, "-u", "ann", "--password-stdin"], stdin: "guess\n" };
    },
    exit: 3,
    line: "error[Unauthorized]: HOST: cannot read the manifest acme/site:v1: the registry does not accept the credentials that were sent (HTTP 401, UNAUTHORIZED, authentication required)",
    hint: "HOST refused the credentials from --username: check the user name, and the password on standard input",
  },
  {
    name: "credentials that may read, and not write",
    async typed(world) {
      await dockerConfig(world);
      world.registry.quirks.basicAuth = { username: "ann", password: "guess" };
      world.registry.quirks.forRequest = ({ method }) =>
        method === "GET" || method === "HEAD"
          ? {}
          : { fail: { status: 403, times: 9, body: complaint("DENIED", "ann may not push here") } };
      return pushing(world);
    },
    exit: 3,
    line: "error[Forbidden]: HOST: cannot push the blob DIGEST to acme/site: these credentials may not do that (HTTP 403, DENIED, ann may not push here)",
    hint: "HOST refused the credentials from WORK/home/.docker/config.json: check that they are meant for this repository, and for what was tried",
  },
  {
    name: "an immutable tag",
    typed(world) {
      world.registry.quirks.forRequest = ({ method, path: at }) =>
        method === "PUT" && at.includes("/manifests/")
          ? { fail: { status: 409, times: 9, body: complaint("DENIED", "tag v1 is immutable") } }
          : {};
      return pushing(world);
    },
    exit: 1,
    line: "error[Conflict]: HOST: cannot push the manifest acme/site:v1: the tag is there already, and the registry does not let it be changed (HTTP 409, DENIED, tag v1 is immutable)",
    hint: "push under a tag that is not there yet: whoever runs the registry made tags immutable",
  },
  {
    name: "an immutable tag, as ECR says it",
    typed(world) {
      const words =
        "The image tag 'v1' already exists in the 'acme/site' repository and cannot be overwritten because the tag is immutable.";
      world.registry.quirks.forRequest = ({ method, path: at }) =>
        method === "PUT" && at.includes("/manifests/")
          ? { fail: { status: 400, times: 9, body: complaint("TAG_INVALID", words) } }
          : {};
      return pushing(world);
    },
    exit: 1,
    line: "error[Conflict]: HOST: cannot push the manifest acme/site:v1: the tag is there already, and the registry does not let it be changed (HTTP 400, TAG_INVALID, The image tag 'v1' already exists in the 'acme/site' repository and cannot be overwritten because the tag is immutable.)",
    hint: "push under a tag that is not there yet: whoever runs the registry made tags immutable",
  },
  {
    name: "a quota, as Harbor says it",
    typed(world) {
      world.registry.quirks.forRequest = ({ method }) =>
        method === "PUT"
          ? {
              fail: {
                status: 403,
                times: 9,
                body: complaint(
                  "DENIED",
                  "adding 2 B of storage resource, which when updated to current usage of 10 GiB will exceed the configured upper limit of 10 GiB",
                ),
              },
            }
          : {};
      return pushing(world);
    },
    exit: 1,
    line: "error[SizeExceeded]: HOST: cannot push the blob DIGEST to acme/site: the registry has no room left for it (HTTP 403, DENIED, adding 2 B of storage resource, which when updated to current usage of 10 GiB will exceed the configured upper limit of 10 GiB)",
    hint: "delete what nobody needs there, or ask whoever runs the registry for more room",
  },
  {
    name: "too large for what is in front of the registry (413)",
    typed(world) {
      world.registry.quirks.forRequest = ({ method }) =>
        method === "GET" || method === "HEAD"
          ? {}
          : {
              fail: {
                status: 413,
                times: 99,
                body: "<html><head><title>413 Request Entity Too Large</title></head></html>",
                headers: { "content-type": "text/html" },
              },
            };
      return pushing(world);
    },
    exit: 1,
    line: 'error[SizeExceeded]: HOST: cannot push the blob DIGEST to acme/site: it is larger than the registry, or a proxy in front of it, allows (HTTP 413, "413 Request Entity Too Large")',
    hint: "ask whoever runs the registry, or the proxy in front of it, for a higher limit (nginx: client_max_body_size)",
  },
  {
    name: "a registry without space (507)",
    typed(world) {
      world.registry.quirks.forRequest = ({ method }) =>
        method === "GET" || method === "HEAD"
          ? {}
          : {
              fail: {
                status: 507,
                times: 99,
                body: "quota exceeded",
                headers: { "content-type": "text/plain" },
              },
            };
      return pushing(world);
    },
    exit: 1,
    line: 'error[SizeExceeded]: HOST: cannot push the blob DIGEST to acme/site: the registry has no room left for it (HTTP 507, "quota exceeded")',
    hint: "delete what nobody needs there, or ask whoever runs the registry for more room",
  },
  {
    name: "asked too often (429 with Retry-After)",
    typed(world) {
      refusing(world, 429, complaint("TOOMANYREQUESTS", "pull rate limit"), { "retry-after": "3600" });
      return ls(world);
    },
    exit: 8,
    line: "error[RateLimited]: HOST: cannot read the manifest acme/site:v1: too many requests: try again in 3600 s (HTTP 429, TOOMANYREQUESTS, pull rate limit)",
    hint: "wait a while, or log in: registries allow more to users they know",
  },
  {
    name: "a manifest that is refused for what is wrong with its name",
    typed(world) {
      world.registry.quirks.forRequest = ({ method, path: at }) =>
        method === "PUT" && at.includes("/manifests/")
          ? { fail: { status: 400, times: 9, body: complaint("NAME_INVALID", "names end in -prod here") } }
          : {};
      return pushing(world);
    },
    exit: 1,
    line: "error[Rejected]: HOST: cannot push the manifest acme/site:v1: the registry does not take it (HTTP 400, NAME_INVALID, names end in -prod here)",
    hint: undefined,
  },
  {
    name: "an artifact type that is not taken",
    typed(world) {
      world.registry.quirks.forRequest = ({ method, path: at }) =>
        method === "PUT" && at.includes("/manifests/")
          ? {
              fail: {
                status: 400,
                times: 9,
                body: complaint("MANIFEST_INVALID", "unknown media type application/vnd.x"),
              },
            }
          : {};
      return pushing(world);
    },
    exit: 1,
    line: "error[Rejected]: HOST: cannot push the manifest acme/site:v1: the registry only takes types that it knows, and not this one (HTTP 400, MANIFEST_INVALID, unknown media type application/vnd.x)",
    hint: "push to another registry, or ask whoever runs this one to allow the type",
  },
  {
    name: "a refusal in plain words",
    typed(world) {
      refusing(world, 422, "This project\u001b[2J was archived; ask ops@acme.example\n", {
        "content-type": "text/plain",
      });
      return ls(world);
    },
    exit: 1,
    line: 'error[Rejected]: HOST: cannot read the manifest acme/site:v1: the registry does not take it (HTTP 422, "This project [2J was archived; ask ops@acme.example")',
    hint: undefined,
  },
  {
    name: "a refusal in JSON of its own",
    typed(world) {
      refusing(world, 422, JSON.stringify({ message: "the project was archived" }), {
        "content-type": "application/json",
      });
      return ls(world);
    },
    exit: 1,
    line: "error[Rejected]: HOST: cannot read the manifest acme/site:v1: the registry does not take it (HTTP 422, the project was archived)",
    hint: undefined,
  },
  {
    name: "a refusal that is one line of JSON without a message",
    typed(world) {
      refusing(world, 422, JSON.stringify({ error: "the project was archived" }), {
        "content-type": "application/json",
      });
      return ls(world);
    },
    exit: 1,
    line: "error[Rejected]: HOST: cannot read the manifest acme/site:v1: the registry does not take it (HTTP 422, the project was archived)",
    hint: undefined,
  },
  {
    name: "a login page instead of a registry",
    typed(world) {
      refusing(world, 200, "<!doctype html><html><title>Sign in</title><body>Sign in</body></html>", {
        "content-type": "text/html",
      });
      return ls(world);
    },
    exit: 1,
    line: 'error[InvalidResponse]: HOST: cannot read the manifest acme/site:v1: what answered is no manifest; is a login page or a proxy in between? (HTTP 200, text/html, "Sign in Sign in")',
    hint: undefined,
  },
  {
    name: "a redirect to the login of another host",
    async typed(world) {
      const { startTestRegistry } = await import("@blob/testing");
      const other = await startTestRegistry({ quirks: { basicAuth: password } });
      world.onEnd(() => other.close());
      await world.push();
      world.registry.quirks.redirectTo = `${other.url}/v2/acme/site/blobs/sha256:${"0".repeat(64)}`;
      return { argv: ["cat", "--skip-cache", world.reference, "a.txt"], names: { [other.host]: "OTHER" } };
    },
    exit: 3,
    line: "error[Unauthorized]: HOST: cannot read the blob DIGEST of acme/site: it redirected to OTHER, which wants credentials of its own, and those for HOST are not sent there: name OTHER in the reference, and log in to it (HTTP 401, from OTHER, UNAUTHORIZED, authentication required)",
    hint: "if OTHER is where you mean to read, name it in the reference, and log in with `blob login OTHER`: no credentials were sent to it",
  },
  {
    name: "a registry with trouble (503)",
    typed(world) {
      refusing(world, 503, "upstream is down for maintenance\n", { "content-type": "text/plain" });
      return ls(world);
    },
    exit: 1,
    line: 'error[Unavailable]: HOST: cannot read the manifest acme/site:v1: the registry has trouble: try again later (HTTP 503, "upstream is down for maintenance")',
    hint: "the registry, or a proxy in front of it, is in trouble: try again later, or tell whoever runs it",
  },
  {
    name: "a repository that is not there",
    typed: ls,
    exit: 4,
    line: "error[NotFound]: HOST: cannot read the manifest acme/site:v1: not found, or only to be seen with credentials, and none were sent (HTTP 404, MANIFEST_UNKNOWN, there is no such manifest)",
    hint: "check the spelling of the repository, the tag and the path; to see what is private, log in with `blob login HOST`, or set BLOB_USERNAME and BLOB_PASSWORD, or BLOB_TOKEN",
  },
  {
    name: "a tag that is not there",
    async typed(world) {
      await world.push();
      return { argv: ["ls", `${world.host}/acme/site:v9`] };
    },
    exit: 4,
    line: "error[NotFound]: HOST: cannot read the manifest acme/site:v9: not found, or only to be seen with credentials, and none were sent (HTTP 404, MANIFEST_UNKNOWN, there is no such manifest)",
    hint: "check the spelling of the repository, the tag and the path; to see what is private, log in with `blob login HOST`, or set BLOB_USERNAME and BLOB_PASSWORD, or BLOB_TOKEN",
  },
];
