import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { blobOf, chunksOf } from "../../testing/bytes.js";
import { startNoRegistry } from "../../testing/page.js";
import type { HttpRegistry } from "../../http-registry.js";
import { createHttpRegistry } from "../../http-registry.js";
import { uploadPlace } from "./upload-place.js";

const repository = "acme/site";
const blob = blobOf("content");

const sessions: readonly string[] = [
  "/v2/acme/site/blobs/uploads/8f2c",
  "/v2/acme/site/blobs/uploads/8f2c/",
  "/v2/acme/site/blobs/upload/8f2c",
  "/v2/acme/site/blobs/uploads/AbC_1.2-3~x=%3D%2B",
  "/registry/v2/acme/site/blobs/uploads/8f2c",
  "/artifacts-uploads/namespaces/acme/repositories/site/uploads/AF2c_x",
];

const apiPaths: readonly string[] = [
  "/v2/acme/other/blobs/uploads/8f2c",
  "/v2/other/site/blobs/uploads/8f2c",
  "/v2/acme/site2/blobs/uploads/8f2c",
  "/v2/evil/site/blobs/uploads/8f2c",
  "/v2/acme/site/more/blobs/uploads/8f2c",
  "/v2/other/acme/site/blobs/uploads/8f2c",
  "/v2/other/v2/acme/site/blobs/uploads/8f2c",
  "/v2/acme/site/manifests/latest",
  "/v2/acme/other/manifests/latest",
  "/v2/acme/site/tags/list",
  "/v2/acme/site/blobs/sha256:abc",
  "/v2/acme/site/blobs/uploads/",
  "/v2/acme/site/blobs/uploads",
  // Of a repository whose name goes on like that.
  "/v2/acme/site/blobs/uploads/x/manifests/latest",
  "/v2/acme/site/blobs/uploads/x/blobs/uploads/8f2c",
  "/v2/token",
  "/v2/",
  "/V2/acme/other/manifests/latest",
  "//v2/acme/other/manifests/latest",
  "/%762/acme/other/manifests/latest",
  "/%25762/acme/other/manifests/latest",
  "/x%2Fv2/acme/other/manifests/latest",
  "/registry/v2/acme/other/blobs/uploads/8f2c",
  "/v2/acme/site/blobs/uploads/..%2F..%2F..%2Fother%2Fmanifests%2Flatest",
  "/v2/acme/site/blobs/uploads/..%5C..%5Cmanifests%5Clatest",
  "/v2/acme/site/blobs/uploads/x%252F..%252Fmanifests",
  "/v2/acme/site//blobs/uploads/8f2c",
  "/registry//v2/acme/site/blobs/uploads/8f2c",
  "/v2/acme/site/blobs/uploads/.",
  "/v2/acme/site/blobs/uploads/..",
  "/v2/acme%2Fsite/blobs/uploads/8f2c",
  "/v2/acme/site/blobs/uploads/%zz",
  "/artifacts-uploads/namespaces/a/repositories/b/uploads/..%2F..%2F..%2F..%2F..%2Fv2%2Fx%2Fmanifests%2Fy",
];

const elsewhere: readonly string[] = [
  "/",
  "/token",
  "/service/token",
  "/admin/users/ann",
  "/api/v1.0/repositories",
  "/artifacts-uploads/namespaces/acme/repositories/site/uploads/",
  "/artifacts-uploads/namespaces/acme/repositories/site/uploads/..%2Fx",
  "/artifacts-uploads/namespaces/acme/repositories/site/uploads/AF2c_x/more",
  "/x/artifacts-uploads/namespaces/acme/repositories/site/uploads/AF2c_x",
];

describe("a path on the registry's origin", () => {
  test.each([
    ...sessions.map((path) => [path, "session"]),
    ...apiPaths.map((path) => [path, "api"]),
    ...elsewhere.map((path) => [path, "elsewhere"]),
  ])("%s is %s", (path, place) => {
    expect(uploadPlace(path, repository)).toBe(place);
  });

  test("is no session for what belongs to another repository, however it is written", () => {
    const name = fc.stringMatching(/^[a-z][a-z0-9]{0,4}(?:\/[a-z0-9]{1,5}){0,2}$/u);
    const part = fc.constantFrom(
      "blobs",
      "uploads",
      "upload",
      "manifests",
      "tags",
      "..",
      "%2e%2e",
      "%2F",
      "v2",
      "x",
    );
    fc.assert(
      fc.property(name, fc.array(part, { maxLength: 6 }), (other, parts) => {
        fc.pre(other !== repository);
        const { pathname } = new URL(`/v2/${other}/${parts.join("/")}`, "https://registry.example.com");
        if (uploadPlace(pathname, repository) !== "session") return;
        expect(pathname).toMatch(/^\/(?:x\/)?v2\/acme\/site\/blobs\/uploads?\/[^/]+\/?$/u);
      }),
    );
  });
});

interface Seen {
  readonly request: string;
  readonly isAuthorized: boolean;
}

/** A registry that wants credentials and takes everything, once it has said where an upload goes on. */
async function startSteering(
  redirectAt: "POST" | "PUT" | "DELETE" | "PATCH",
  status: number,
  location: string,
): Promise<{ registry: HttpRegistry; seen: readonly Seen[] }> {
  const seen: Seen[] = [];
  let steered = false;
  const { host } = await startNoRegistry((request, response) => {
    const { method = "", url = "", headers } = request;
    seen.push({
      request: `${method} ${url.replace(/\?.*/su, "")}`,
      isAuthorized: headers.authorization !== undefined,
    });
    const end = (code: number, more: Readonly<Record<string, string>> = {}): void => {
      response.writeHead(code, { "content-length": "0", ...more }).end();
    };
    if (method === "HEAD" && seen.some(({ request: line }) => line.startsWith("PUT")))
      end(200, { "content-length": String(blob.size) });
    else if (method === "HEAD") end(404);
    else if (method === redirectAt && !steered) {
      steered = true;
      end(status, { location });
    } else if (method === "POST") end(202, { location: "/v2/acme/site/blobs/uploads/8f2c" });
    else end(method === "PATCH" ? 202 : 201, { "docker-content-digest": blob.digest });
  });
  const registry = createHttpRegistry(host, {
    plainHttp: true,
    retry: { retries: 0 },
    chunkBytes: redirectAt === "PATCH" ? 3 : undefined,
    authenticator: { current: () => "Bearer secret", answer: async () => undefined },
  });
  return { registry, seen };
}

const push = async (registry: HttpRegistry): Promise<unknown> => {
  try {
    return await registry.pushBlob(repository, blob, () => chunksOf(blob.bytes));
  } finally {
    await registry.close();
  }
};

describe("the Location of an upload", () => {
  test.each(sessions)("%s is a session, and is sent the credentials", async (location) => {
    const { registry, seen } = await startSteering("POST", 202, `${location}?_state=1`);
    expect(await push(registry)).toBe("uploaded");
    expect(seen).toContainEqual({ request: `PUT ${location}`, isAuthorized: true });
  });

  // What begins with two slashes names another host.
  test.each(apiPaths.filter((path) => !path.startsWith("//")))(
    "%s is refused, and not asked",
    async (path) => {
      const { registry, seen } = await startSteering("POST", 202, path);
      await expect(push(registry)).rejects.toMatchObject({ code: "UnsafeRedirect" });
      expect(seen.filter(({ request }) => !/^(?:HEAD|POST) /u.test(request))).toEqual([]);
    },
  );

  test.each(elsewhere)("%s is sent the bytes and no credentials", async (location) => {
    const { registry, seen } = await startSteering("POST", 202, location);
    await push(registry).catch(() => undefined);
    const puts = seen.filter(({ request }) => request.startsWith("PUT"));
    expect(puts).toEqual([{ request: `PUT ${location}`, isAuthorized: false }]);
  });

  test("of a piece is judged as that of the session", async () => {
    const { registry, seen } = await startSteering("PATCH", 202, "/v2/acme/other/blobs/uploads/8f2c");
    await expect(push(registry)).rejects.toMatchObject({ code: "UnsafeRedirect" });
    expect(seen.at(-1)?.request).toBe("PATCH /v2/acme/site/blobs/uploads/8f2c");
  });
});

describe("a redirect of what is written", () => {
  test.each([
    "/v2/acme/other/blobs/uploads/8f2c",
    "/v2/acme/site/manifests/latest",
    "/v2/acme/other/manifests/v1",
  ])("to %s is refused", async (location) => {
    for (const method of ["POST", "PUT", "PATCH"] as const) {
      const { registry, seen } = await startSteering(method, 307, location);
      await expect(push(registry)).rejects.toMatchObject({ code: "UnsafeRedirect" });
      expect(seen.filter(({ request }) => request.endsWith(location))).toEqual([]);
    }
    const { registry, seen } = await startSteering("DELETE", 308, location);
    await expect(registry.deleteBlob(repository, blob.digest)).rejects.toMatchObject({
      code: "UnsafeRedirect",
    });
    await registry.close();
    expect(seen).toHaveLength(1);
  });

  test("of a session to another of the same upload is followed with credentials", async () => {
    const location = "/v2/acme/site/blobs/uploads/77aa";
    const { registry, seen } = await startSteering("PUT", 307, location);
    expect(await push(registry)).toBe("uploaded");
    expect(seen).toContainEqual({ request: `PUT ${location}`, isAuthorized: true });
  });

  test("outside of the API is followed without credentials", async () => {
    const { registry, seen } = await startSteering("PUT", 307, "/storage/8f2c");
    await push(registry);
    expect(seen).toContainEqual({ request: "PUT /storage/8f2c", isAuthorized: false });
  });
});
