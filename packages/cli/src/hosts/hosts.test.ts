import { execFileSync } from "node:child_process";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import type { TemporaryDirectory, TestRegistry } from "@blob/testing";
import {
  createTemporaryDirectory,
  hasProgram,
  startDockerRegistry,
  startTestRegistry,
  writeTree,
} from "@blob/testing";
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from "vitest";
import type { Ran } from "../testing/run-blob.js";
import { runBlob } from "../testing/run-blob.js";
import { createHostSettings } from "./host-settings.js";
import type { HostSettings } from "./find-settings.js";
import { hostFiles } from "./host-files.js";

let origin: TestRegistry;
let mirror: TestRegistry;
let directory: TemporaryDirectory;
let reference = "";

beforeEach(async () => {
  origin = await startTestRegistry();
  mirror = await startTestRegistry();
  directory = await createTemporaryDirectory();
  await writeTree(path.join(directory.path, "site"), { "a.txt": "text of a" });
  reference = `${origin.host}/acme/site:v1`;
  const plain = { env: { BLOB_PLAIN_HTTP: "1" } };
  await runBlob(["push", reference, path.join(directory.path, "site")], plain);
  await runBlob(["copy", reference, `${mirror.host}/acme/site:v1`], plain);
  origin.requests.splice(0);
  mirror.requests.splice(0);
});
afterEach(() => Promise.all([origin.close(), mirror.close(), directory.remove()]));

async function write(name: string, text: string): Promise<string> {
  const file = path.join(directory.path, name);
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(file, text);
  return file;
}

/** `cat` with the directory as the place of everybody's configuration. */
async function cat(env: Readonly<Record<string, string>> = {}, ...flags: readonly string[]): Promise<Ran> {
  return runBlob(["cat", reference, "a.txt", "-v", ...flags], {
    env: { XDG_CONFIG_HOME: directory.path, ...env },
  });
}

const digestsAt = ({ requests }: TestRegistry): number =>
  requests.filter(({ path: asked }) => asked.includes("sha256:")).length;

describe("registries of the configuration", () => {
  test("have mirrors of their own, and plain HTTP without a flag", async () => {
    await write(
      "blob/config.yaml",
      `registries:\n  "${origin.host}": { plain_http: true, mirrors: ["http://${mirror.host}"] }\n`,
    );
    expect(await cat()).toMatchObject({ code: 0, stdout: "text of a" });
    expect([digestsAt(mirror), digestsAt(origin)]).toEqual([2, 0]);
  });

  test.skipIf(!hasProgram("docker-registry"))(
    "a mirror that is docker's, behind one that fails",
    async () => {
      const docker = await startDockerRegistry();
      onTestFinished(() => docker.close());
      await runBlob(["copy", reference, `${docker.host}/acme/site:v1`], { env: { BLOB_PLAIN_HTTP: "1" } });
      origin.requests.splice(0);
      await write(
        "blob/config.yaml",
        `registries:\n  "${origin.host}":\n    plain_http: true\n    mirrors: ["http://127.0.0.1:1", "http://${docker.host}"]\n`,
      );
      const ran = await cat();
      expect(ran).toMatchObject({ code: 0, stdout: "text of a" });
      expect(ran.stderr).toContain("the mirror 127.0.0.1:1 was passed by");
      expect(digestsAt(origin)).toBe(0);
    },
  );

  test("a mirror that lies is named without -v, and the file is right", async () => {
    for (const { path: asked } of mirror.requests) expect(asked).toBe("");
    await write(
      "blob/config.yaml",
      `registries:\n  "${origin.host}": { plain_http: true, mirrors: ["http://${mirror.host}"] }\n`,
    );
    const inspected = await runBlob(["inspect", reference, "--output", "json"], {
      env: { BLOB_PLAIN_HTTP: "1" },
    });
    expect(inspected.code).toBe(0);
    const { bytes } = await origin.registry.manifest("acme/site", "v1");
    for (const [digest] of Buffer.from(bytes)
      .toString()
      .matchAll(/sha256:[0-9a-f]{64}/gu))
      mirror.damage(digest);
    const ran = await runBlob(["cat", reference, "a.txt"], { env: { XDG_CONFIG_HOME: directory.path } });
    expect(ran).toMatchObject({ code: 0, stdout: "text of a" });
    expect(ran.stderr).toContain(`the mirror ${mirror.host} was passed by`);
  });

  test.skipIf(!hasProgram("docker-registry"))("take user and password from variables", async () => {
    const docker = await startDockerRegistry({ users: { ada: "secret" } });
    onTestFinished(() => docker.close());
    await write(
      "blob/config.yaml",
      `registries:\n  "${docker.host}": { plain_http: true, username_from: CI_USER, password_from: CI_PASS }\n`,
    );
    const push = async (env: Readonly<Record<string, string>>): Promise<Ran> =>
      runBlob(["push", `${docker.host}/acme/site:v1`, path.join(directory.path, "site")], {
        env: { XDG_CONFIG_HOME: directory.path, ...env },
      });
    expect(await push({ CI_USER: "ada", CI_PASS: "secret" })).toMatchObject({ code: 0 });
    expect((await push({ CI_USER: "ada" })).stderr).toContain("the variable CI_PASS is not set");
    expect(await push({})).toMatchObject({ code: 3 });
  });

  test.each([
    [
      "registries:\n  x:5000:\n    plain_htp: true\n",
      "config.yaml:3: unknown key registries.x:5000.plain_htp (did you mean plain_http?)",
    ],
    ["registries:\n  https://x: {}\n", "config.yaml:2: registries.https://x is not a registry"],
    [
      "registries:\n  x:\n    mirrors: [user@host]\n",
      "config.yaml:3: registries.x.mirrors[0] has to be a mirror",
    ],
  ])("%j is an error with its line", async (text, message) => {
    await write("blob/config.yaml", text);
    const ran = await cat();
    expect(ran.code).toBe(2);
    expect(ran.stderr).toContain(message);
  });

  test("are shown", async () => {
    await write("blob/config.yaml", `registries:\n  "x:5000": { insecure: true, mirrors: [m1, m2] }\n`);
    const { stdout } = await runBlob(["config", "show"], { env: { XDG_CONFIG_HOME: directory.path } });
    expect(stdout).toMatch(/^registries\.x:5000\.mirrors: m1,m2 +# .*config\.yaml$/mu);
  });
});

test("doctor shows the settings and mirrors that are used", async () => {
  const file = await write(
    "blob/config.yaml",
    `registries:\n  "${origin.host}":\n    plain_http: true\n    mirror_tags: true\n    mirrors: ["http://${mirror.host}", "m.example/hub"]\n`,
  );
  const { stdout } = await runBlob(["doctor", reference], { env: { XDG_CONFIG_HOME: directory.path } });
  expect(stdout).toContain(`${file}: registries.${origin.host}`);
  expect(stdout).toMatch(
    new RegExp(
      `^ok +mirrors +${mirror.host}, http, for digests and tags; m.example/hub, for digests and tags$`,
      "mu",
    ),
  );
});

describe("settings of other tools", () => {
  test("hosts.toml of containerd: mirrors by digest, and by tag where it says resolve", async () => {
    const file = await write(
      `containerd/certs.d/${origin.host.replace(":", "_")}_/hosts.toml`,
      `server = "http://${origin.host}"\n[host."http://${mirror.host}"]\n  capabilities = ["pull", "resolve"]\n`,
    );
    const ran = await cat({ BLOB_PLAIN_HTTP: "1" });
    expect(ran).toMatchObject({ code: 0, stdout: "text of a" });
    expect(ran.stderr).toContain(file);
    expect(origin.requests).toEqual([]);
    expect(mirror.requests[0]?.path).toContain(`?ns=${encodeURIComponent(origin.host)}`);
  });

  test("registries.conf of podman: prefix, mirrors and pull-from-mirror", async () => {
    await write(
      "containers/registries.conf",
      `[[registry]]\nprefix = "${origin.host}/acme"\nlocation = "${origin.host}/acme"\n[[registry.mirror]]\nlocation = "${mirror.host}/acme"\n`,
    );
    expect(await cat({ BLOB_PLAIN_HTTP: "1" })).toMatchObject({ code: 0, stdout: "text of a" });
    expect([digestsAt(mirror), digestsAt(origin)]).toEqual([2, 0]);
    expect(origin.requests.map(({ path: asked }) => asked)).toEqual(["/v2/acme/site/manifests/v1"]);
  });

  test("a drop-in blocks a repository, and the file is named", async () => {
    const file = await write(
      "containers/registries.conf.d/10-block.conf",
      `[[registry]]\nlocation = "${origin.host}/acme"\nblocked = true\n`,
    );
    const ran = await cat({ BLOB_PLAIN_HTTP: "1" });
    expect(ran.code).not.toBe(0);
    expect(ran.stderr).toContain(`${origin.host}/acme/site is blocked by ${file}`);
    expect(origin.requests).toEqual([]);
  });

  test("what is no TOML is an error with file and line", async () => {
    const file = await write("named.conf", "[[registry]]\nlocation = \n");
    const ran = await cat({ BLOB_PLAIN_HTTP: "1", CONTAINERS_REGISTRIES_CONF: file });
    expect(ran.code).not.toBe(0);
    expect(ran.stderr).toContain(`${file}:2`);
  });
});

describe.skipIf(!hasProgram("docker-registry") || !hasProgram("openssl"))("authorities", () => {
  let tls: { readonly certificate: string; readonly key: string };
  let host = "";

  beforeEach(async () => {
    tls = {
      certificate: path.join(directory.path, "own.crt"),
      key: path.join(directory.path, "own.key"),
    };
    const request = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=own";
    const names = ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", tls.key, "-out", tls.certificate];
    execFileSync("openssl", [...request.split(" "), ...names], { stdio: "ignore" });
    const docker = await startDockerRegistry({ tls });
    ({ host } = docker);
    return () => docker.close();
  });

  const push = async (env: Readonly<Record<string, string>>): Promise<Ran> =>
    runBlob(["push", `${host}/acme/site:v1`, path.join(directory.path, "site")], {
      env: { XDG_CONFIG_HOME: directory.path, ...env },
    });

  test("SSL_CERT_FILE and SSL_CERT_DIR are trusted, and what cannot be read is named", async () => {
    expect((await push({})).code).not.toBe(0);
    expect((await push({ SSL_CERT_FILE: tls.certificate })).code).toBe(0);
    expect((await push({ SSL_CERT_DIR: `/nonexistent:${directory.path}` })).code).toBe(0);
    const ran = await push({ SSL_CERT_FILE: "/nonexistent.pem" });
    expect(ran.code).not.toBe(0);
    expect(ran.stderr).toContain("SSL_CERT_FILE: /nonexistent.pem: ");
  });

  test("so is what the configuration and docker's directories have for this registry", async () => {
    const text = await readFile(tls.certificate, "utf8");
    await write(`containers/certs.d/${host}/ca.crt`, text);
    expect((await push({})).code).toBe(0);
    await write(`containers/certs.d/${host}/ca.crt`, "");
    expect((await push({})).code).not.toBe(0);
    await write("blob/config.yaml", `registries:\n  "${host}": { ca_file: ../own.crt }\n`);
    expect((await push({})).code).toBe(0);
    await write("blob/config.yaml", `registries:\n  "${host}": { insecure: true }\n`);
    expect((await push({})).code).toBe(0);
    await write("blob/config.yaml", `registries:\n  "${host}": { ca_file: missing.crt }\n`);
    expect((await push({})).stderr).toContain(path.join(directory.path, "blob/missing.crt"));
  });
});

describe("what is looked up", () => {
  async function find(host: string): Promise<HostSettings> {
    const io = { env: { XDG_CONFIG_HOME: path.join(directory.path, "user") }, homeDirectory: undefined };
    const files = hostFiles(io, path.join(directory.path, "etc"));
    const settings = await createHostSettings(io, { file: undefined, exists: false, config: {} }, files);
    return settings(host);
  }

  test("nothing, where there is nothing", async () => {
    expect(await find("ghcr.io")).toEqual({ options: {}, sources: [] });
  });

  test("certificates: docker's directory, and podman's before it", async () => {
    await write("etc/docker/certs.d/x:5000/ca.crt", "docker's");
    expect((await find("x:5000")).options.tls).toEqual({ ca: "docker's" });
    await write("user/containers/certs.d/x:5000/a.crt", "podman's");
    await write("user/containers/certs.d/x:5000/client.cert", "cert");
    await expect(find("x:5000")).rejects.toThrow("client.cert: there is no client.key beside it");
    await write("user/containers/certs.d/x:5000/client.key", "key");
    expect((await find("x:5000")).options.tls).toEqual({
      ca: "podman's",
      certificate: { cert: "cert", key: "key" },
    });
    expect((await find("y")).sources).toEqual([]);
  });

  test("hosts.toml: certificates, prefixes, and what cannot be asked is told", async () => {
    await write("etc/containerd/certs.d/_default/ca.pem", "authority");
    const file = await write(
      "etc/containerd/certs.d/_default/hosts.toml",
      [
        'server = "https://fallback.example"',
        '[host."https://harbor.example/v2/hub"]',
        "  override_path = true",
        '  capabilities = ["pull"]',
        '  ca = "ca.pem"',
        "  skip_verify = true",
        '[host."https://gitlab.example/api/v4"]',
        '[host."https://push.example"]',
        '  capabilities = ["push"]',
      ].join("\n"),
    );
    const { options, sources } = await find("docker.io");
    expect(options.mirrors).toMatchObject([
      {
        host: "harbor.example",
        prefix: "hub",
        digests: true,
        tags: false,
        tls: { ca: "authority", insecure: true },
      },
      { host: "fallback.example" },
    ]);
    expect(sources[0]).toBe(file);
    expect(sources[1]).toContain("gitlab.example/api/v4 has a path");
  });

  test("registries.conf: the longest prefix, the moved location, digests only, all", async () => {
    await write(
      "etc/containers/registries.conf",
      [
        "unqualified-search-registries = []",
        '[[registry]]\nlocation = "docker.io"\n[[registry.mirror]]\nlocation = "m1.example/hub"\npull-from-mirror = "all"',
        '[[registry]]\nprefix = "docker.io/acme"\nlocation = "moved.example/a"\nmirror-by-digest-only = true',
        '[[registry.mirror]]\nlocation = "m2.example"\npull-from-mirror = "all"\ninsecure = true',
        '[[registry]]\nprefix = "*.corp.example"\nlocation = "all.example"',
      ].join("\n"),
    );
    const { options } = await find("docker.io");
    const asked = (name: string): unknown[] =>
      (options.mirrors ?? []).flatMap(({ host, tags, repository }) => {
        const there = repository?.(name);
        return there === undefined ? [] : [[host, there, tags]];
      });
    expect(asked("library/alpine")).toEqual([["m1.example", "hub/library/alpine", true]]);
    expect(asked("acme/site")).toEqual([
      ["m2.example", "site", false],
      ["moved.example", "a/site", true],
    ]);
    expect((await find("x.corp.example")).options.mirrors).toMatchObject([{ host: "all.example" }]);
    expect((await find("ghcr.io")).options).toEqual({});
  });
});
