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
    line: "",
    hint: "",
  },
  {
    name: "login with a wrong password, where there are tokens",
    typed({ registry, host }) {
      registry.quirks.tokenAuth = password;
      return { argv: ["login", host, "-u", "ann", "--password-stdin"], stdin: "guess\n" };
    },
    exit: 3,
    line: "",
    hint: "",
  },
  {
    name: "no credentials",
    typed(world) {
      world.registry.quirks.basicAuth = password;
      return ls(world);
    },
    exit: 3,
    line: "",
    hint: "",
  },
  {
    name: "no credentials, where there are tokens",
    typed(world) {
      world.registry.quirks.tokenAuth = password;
      return ls(world);
    },
    exit: 3,
    line: "",
    hint: "",
  },
  {
    name: "a refused credential of docker's file",
    async typed(world) {
      world.registry.quirks.basicAuth = password;
      await dockerConfig(world);
      return ls(world);
    },
    exit: 3,
    line: "",
    hint: "",
  },
  {
    name: "a refused credential of docker's file, where there are tokens",
    async typed(world) {
      world.registry.quirks.tokenAuth = password;
      await dockerConfig(world);
      return ls(world);
    },
    exit: 3,
    line: "",
    hint: "",
  },
  {
    name: "a refused credential of the environment",
    typed(world) {
      world.registry.quirks.basicAuth = password;
      return { ...ls(world), env: { BLOB_USERNAME: "ann", BLOB_PASSWORD: "guess" } };
    },
    exit: 3,
    line: "",
    hint: "",
  },
  {
    name: "a refused credential of --username",
    typed(world) {
      world.registry.quirks.basicAuth = password;
      return { argv: [...ls(world).argv, "-u", "ann", "--password-stdin"], stdin: "guess\n" };
    },
    exit: 3,
    line: "",
    hint: "",
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
    line: "",
    hint: "",
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
    line: "",
    hint: "",
  },
  {
    name: "an immutable tag, as ECR says it",
    typed(world) {
      const words = "The image tag 'v1' already exists in the 'acme/site' repository and cannot be overwritten because the tag is immutable.";
      world.registry.quirks.forRequest = ({ method, path: at }) =>
        method === "PUT" && at.includes("/manifests/")
          ? { fail: { status: 400, times: 9, body: complaint("TAG_INVALID", words) } }
          : {};
      return pushing(world);
    },
    exit: 1,
    line: "",
    hint: "",
  },
  {
    name: "a quota, as Harbor says it",
    typed(world) {
      world.registry.quirks.forRequest = ({ method }) =>
        method === "PUT"
          ? { fail: { status: 403, times: 9, body: complaint("DENIED", "adding 2 B of storage resource, which when updated to current usage of 10 GiB will exceed the configured upper limit of 10 GiB") } }
          : {};
      return pushing(world);
    },
    exit: 3,
    line: "",
    hint: "",
  },
  {
    name: "too large for what is in front of the registry (413)",
    typed(world) {
      world.registry.quirks.forRequest = ({ method }) =>
        method === "GET" || method === "HEAD"
          ? {}
          : { fail: { status: 413, times: 99, body: "<html><head><title>413 Request Entity Too Large</title></head></html>", headers: { "content-type": "text/html" } } };
      return pushing(world);
    },
    exit: 1,
    line: "",
    hint: "",
  },
  {
    name: "a registry without space (507)",
    typed(world) {
      world.registry.quirks.forRequest = ({ method }) =>
        method === "GET" || method === "HEAD" ? {} : { fail: { status: 507, times: 99, body: "quota exceeded" , headers: { "content-type": "text/plain" }} };
      return pushing(world);
    },
    exit: 1,
    line: "",
    hint: "",
  },
  {
    name: "asked too often (429 with Retry-After)",
    typed(world) {
      refusing(world, 429, complaint("TOOMANYREQUESTS", "pull rate limit"), { "retry-after": "3600" });
      return ls(world);
    },
    exit: 8,
    line: "",
    hint: "",
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
    line: "",
    hint: "",
  },
  {
    name: "an artifact type that is not taken",
    typed(world) {
      world.registry.quirks.forRequest = ({ method, path: at }) =>
        method === "PUT" && at.includes("/manifests/")
          ? { fail: { status: 400, times: 9, body: complaint("MANIFEST_INVALID", "unknown media type application/vnd.x") } }
          : {};
      return pushing(world);
    },
    exit: 1,
    line: "",
    hint: "",
  },
  {
    name: "a refusal in plain words",
    typed(world) {
      refusing(world, 422, "This project\u001b[2J was archived; ask ops@acme.example\n", { "content-type": "text/plain" });
      return ls(world);
    },
    exit: 1,
    line: "",
    hint: "",
  },
  {
    name: "a refusal in JSON of its own",
    typed(world) {
      refusing(world, 422, JSON.stringify({ message: "the project was archived" }), { "content-type": "application/json" });
      return ls(world);
    },
    exit: 1,
    line: "",
    hint: "",
  },
  {
    name: "a refusal that is one line of JSON without a message",
    typed(world) {
      refusing(world, 422, JSON.stringify({ error: "the project was archived" }), { "content-type": "application/json" });
      return ls(world);
    },
    exit: 1,
    line: "",
    hint: "",
  },
  {
    name: "a login page instead of a registry",
    typed(world) {
      refusing(world, 200, "<!doctype html><html><title>Sign in</title><body>Sign in</body></html>", { "content-type": "text/html" });
      return ls(world);
    },
    exit: 1,
    line: "",
    hint: "",
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
    line: "",
    hint: "",
  },
  {
    name: "a registry with trouble (503)",
    typed(world) {
      refusing(world, 503, "upstream is down for maintenance\n", { "content-type": "text/plain" });
      return ls(world);
    },
    exit: 1,
    line: "",
    hint: "",
  },
  {
    name: "a repository that is not there",
    typed: ls,
    exit: 4,
    line: "",
    hint: "",
  },
  {
    name: "a tag that is not there",
    async typed(world) {
      await world.push();
      return { argv: ["ls", `${world.host}/acme/site:v9`] };
    },
    exit: 4,
    line: "",
    hint: "",
  },
];
