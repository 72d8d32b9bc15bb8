import { once } from "node:events";
import { execFile } from "node:child_process";
import { open, writeFile } from "node:fs/promises";
import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import { request as httpRequest } from "node:http";
import { connect } from "node:net";
import path from "node:path";
import { buffer } from "node:stream/consumers";
import { promisify } from "node:util";
import { gunzipSync } from "node:zlib";
import { loadZstdDecoder } from "@blob/format/node";
import { createTemporaryDirectory } from "@blob/testing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ServedArchive } from "../testing/served-archive.js";
import { serveArchive } from "../testing/served-archive.js";

/** Does not compress away, and is the same each time. */
function noise(bytes: number): Uint8Array {
  const content = new Uint8Array(bytes);
  let state = 1;
  for (let i = 0; i < bytes; i++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    content[i] = state >>> 24;
  }
  return content;
}

const text = "Zeile für Zeile\n".repeat(500);
const large = noise(9_000_000);
const manyLines = Buffer.from(Array.from({ length: 700_000 }, (_, i) => `line ${String(i)}\n`).join(""));

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

interface Asked {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** The target as it is, which `fetch` would normalise. */
async function ask(
  served: ServedArchive,
  target: string,
  { method = "GET", headers = {} }: Asked = {},
): Promise<Answer> {
  const { hostname, port } = new URL(served.server.url);
  const request = httpRequest({
    hostname: hostname.replaceAll(/[[\]]/gu, ""),
    port,
    path: target,
    method,
    headers: { accept: "text/html", ...headers },
  });
  request.end();
  const [response] = (await once(request, "response")) as [IncomingMessage];
  return { status: response.statusCode ?? 0, headers: response.headers, body: await buffer(response) };
}

/** The names in a tar or zip, by another program. */
async function membersOf(format: string, bytes: Buffer): Promise<readonly string[]> {
  const directory = await createTemporaryDirectory();
  try {
    const file = path.join(directory.path, "download");
    await writeFile(file, bytes);
    const [program, ...argv] =
      format === "tar" ? ["tar", "-tf", file] : ["python3", "-m", "zipfile", "-l", file];
    const { stdout } = await promisify(execFile)(program ?? "", argv);
    return stdout.split("\n").map((line) => (format === "tar" ? line : line.replace(/ {2,}.*$/u, "")));
  } finally {
    await directory.remove();
  }
}

let zipped: ServedArchive;
let plain: ServedArchive;

beforeAll(async () => {
  const tree = {
    "a.constructor": "x",
    "a.txt": text,
    "empty.bin": "",
    "dir/b c#?%.html": "<h1>x</h1>",
    "dir/index.html": "<h1>index</h1>",
    "picture.svg": "<svg/>",
    "tiny.txt": "tiny",
    "large.bin": large,
    "lines.txt": manyLines,
  };
  zipped = await serveArchive(tree);
  plain = await serveArchive(tree, { compression: "none", index: true });
});
afterAll(async () => {
  await zipped.close();
  await plain.close();
});

describe("a file", () => {
  test("comes whole, with its type, length, hash and time", async () => {
    const { status, headers, body } = await ask(zipped, "/a.txt");
    expect(status).toBe(200);
    expect(body.toString()).toBe(text);
    const hash = Buffer.from(zipped.archive.entry("a.txt")?.hash ?? []).toString("hex");
    expect(headers).toMatchObject({
      etag: `"${hash}"`,
      "content-length": String(Buffer.byteLength(text)),
      "content-type": "text/plain; charset=utf-8",
      "accept-ranges": "bytes",
      vary: "Accept-Encoding",
    });
    expect(Date.parse(headers["last-modified"] ?? "")).toBe(
      Number((zipped.archive.entry("a.txt")?.mtimeNs ?? 0n) / 1_000_000_000n) * 1000,
    );
  });

  test.each(["/a.txt", "/large.bin", "/empty.bin", "/", "/dir/", "/nothing", "/a.txt?preview"])(
    "HEAD %s says what GET says, without a body",
    async (target) => {
      const get = await ask(zipped, target);
      const head = await ask(zipped, target, { method: "HEAD" });
      expect(head.body).toHaveLength(0);
      expect(head.status).toBe(get.status);
      const { date: _, ...headers } = head.headers;
      expect(get.headers).toMatchObject(headers);
      expect(Number(get.headers["content-length"])).toBe(get.body.length);
    },
  );

  test("with a name that has to be encoded, and a name to save it under", async () => {
    const { headers, body } = await ask(zipped, "/dir/b%20c%23%3F%25.html?download");
    expect(body.toString()).toBe("<h1>x</h1>");
    expect(headers["content-disposition"]).toBe(
      `attachment; filename="b c#?_.html"; filename*=UTF-8''b%20c%23%3F%25.html`,
    );
  });

  test("with a name that is one of every object's members", async () => {
    const { status, headers, body } = await ask(zipped, "/a.constructor");
    expect([status, headers["content-type"], body.toString()]).toEqual([
      200,
      "application/octet-stream",
      "x",
    ]);
  });

  test.each(["POST", "PUT", "DELETE", "OPTIONS", "PATCH"])("%s is not allowed", async (method) => {
    const { status, headers } = await ask(zipped, "/a.txt", { method });
    expect({ status, allow: headers.allow }).toEqual({ status: 405, allow: "GET, HEAD" });
  });
});

describe("paths", () => {
  test.each([
    ["/dir", 308, "/dir/"],
    ["/dir?q=x", 308, "/dir/?q=x"],
    ["/a.txt/", 308, "/a.txt"],
    ["//evil.example/", 400, undefined],
    ["/..", 400, undefined],
    ["/dir/../a.txt", 400, undefined],
    ["/dir/%2e%2e/a.txt", 400, undefined],
    ["/dir%2findex.html", 400, undefined],
    ["/dir//index.html", 400, undefined],
    ["/%", 400, undefined],
    ["/%ff", 400, undefined],
    ["/a.txt%00", 400, undefined],
    ["http://127.0.0.1/a.txt", 400, undefined],
    ["/A.TXT", 404, undefined],
    ["/dir/nothing", 404, undefined],
    ["/\\..\\a.txt", 404, undefined],
  ])("%s: %i %s", async (target, status, location) => {
    const answer = await ask(zipped, target);
    expect({ status: answer.status, location: answer.headers.location }).toEqual({ status, location });
  });
});

describe.each([
  ["stored compressed", () => zipped],
  ["stored as it is", () => plain],
])("ranges of what is %s", (_name, served) => {
  test.each([
    ["bytes=0-0", 0, 1],
    ["bytes=5-9", 5, 10],
    ["bytes=8999990-", 8_999_990, 9_000_000],
    ["bytes=-7", 8_999_993, 9_000_000],
    ["bytes=-99999999", 0, 9_000_000],
    ["bytes=8999999-99999999", 8_999_999, 9_000_000],
    ["BYTES=4194300-4194310", 4_194_300, 4_194_311],
  ])("%s", async (range, start, end) => {
    const { status, headers, body } = await ask(served(), "/large.bin", { headers: { range } });
    expect(status).toBe(206);
    expect(headers["content-range"]).toBe(`bytes ${start}-${end - 1}/9000000`);
    expect(Buffer.compare(body, large.subarray(start, end))).toBe(0);
  });

  test.each(["bytes=9000000-", "bytes=9000000-9000001", "bytes=-0"])(
    "%s cannot be satisfied",
    async (range) => {
      const { status, headers, body } = await ask(served(), "/large.bin", { headers: { range } });
      expect({ status, range: headers["content-range"], size: body.length }).toEqual({
        status: 416,
        range: "bytes */9000000",
        size: 0,
      });
    },
  );

  test.each(["bytes=0-1,5-6", "bytes=5-4", "lines=0-1", "bytes=a-b", "bytes=-", "bytes 0-1"])(
    "%s is ignored",
    async (range) => {
      const { status, headers, body } = await ask(served(), "/tiny.txt", { headers: { range } });
      expect({ status, range: headers["content-range"], body: body.toString() }).toEqual({
        status: 200,
        range: undefined,
        body: "tiny",
      });
    },
  );

  test("a client that also takes compressed answers gets a part of the file itself", async () => {
    const headers = { range: "bytes=2-3", "accept-encoding": "gzip, zstd" };
    const { status, headers: got, body } = await ask(served(), "/a.txt", { headers });
    expect({ status, coding: got["content-encoding"], body: body.toString() }).toEqual({
      status: 206,
      coding: undefined,
      body: "il",
    });
  });
});

describe("conditions", () => {
  const etag = (): string => `"${Buffer.from(zipped.archive.entry("tiny.txt")?.hash ?? []).toString("hex")}"`;
  const cases: readonly (readonly [string, () => Record<string, string>, number])[] = [
    ["If-None-Match with the tag", () => ({ "if-none-match": etag() }), 304],
    ["If-None-Match with a list", () => ({ "if-none-match": `"x", W/${etag()}` }), 304],
    ["If-None-Match: *", () => ({ "if-none-match": "*" }), 304],
    ["If-None-Match with another tag", () => ({ "if-none-match": '"x"' }), 200],
    [
      "If-None-Match wins over If-Modified-Since",
      () => ({ "if-none-match": '"x"', "if-modified-since": new Date().toUTCString() }),
      200,
    ],
    ["If-Modified-Since now", () => ({ "if-modified-since": new Date().toUTCString() }), 304],
    ["If-Modified-Since long ago", () => ({ "if-modified-since": new Date(1000).toUTCString() }), 200],
    ["If-Modified-Since that is no date", () => ({ "if-modified-since": "yesterday" }), 200],
    ["If-Match with the tag", () => ({ "if-match": etag() }), 200],
    ["If-Match with another tag", () => ({ "if-match": '"x"' }), 412],
    ["If-Match with a weak tag", () => ({ "if-match": `W/${etag()}` }), 412],
    ["If-Unmodified-Since long ago", () => ({ "if-unmodified-since": new Date(1000).toUTCString() }), 412],
    ["If-Range with the tag", () => ({ range: "bytes=0-1", "if-range": etag() }), 206],
    ["If-Range with another tag", () => ({ range: "bytes=0-1", "if-range": '"x"' }), 200],
    ["If-Range with a weak tag", () => ({ range: "bytes=0-1", "if-range": `W/${etag()}` }), 200],
    [
      "If-Range with another date",
      () => ({ range: "bytes=0-1", "if-range": new Date(1000).toUTCString() }),
      200,
    ],
    [
      "If-Range that fails, for a range that cannot be",
      () => ({ range: "bytes=9-", "if-range": '"x"' }),
      200,
    ],
  ];
  test.each(cases)("%s", async (_name, headers, status) => {
    const answer = await ask(zipped, "/tiny.txt", { headers: headers() });
    expect(answer.status).toBe(status);
    if (status === 304) expect(answer.headers.etag).toBe(etag());
    if (status !== 200) expect(answer.body.toString()).toBe(status === 206 ? "ti" : "");
  });
});

describe("compressed answers", () => {
  test("zstd: the stored frames of small and large files, with a tag of their own", async () => {
    const decoder = await loadZstdDecoder();
    for (const [name, content] of [
      ["a.txt", Buffer.from(text)],
      ["lines.txt", manyLines],
    ] as const) {
      const { headers, body } = await ask(zipped, `/${name}`, {
        headers: { "accept-encoding": "gzip, zstd" },
      });
      const entry = zipped.archive.entry(name);
      expect(headers).toMatchObject({
        "content-encoding": "zstd",
        "content-length": String(entry?.storedSize),
        etag: `W/"${Buffer.from(entry?.hash ?? []).toString("hex")}-zstd"`,
        vary: "Accept-Encoding",
      });
      expect(Buffer.compare(decoder.decompress(body, { path: name, size: content.length }), content)).toBe(0);
    }
  });

  test.each([
    ["gzip", "gzip"],
    ["gzip, zstd;q=0", "gzip"],
    ["*", "gzip"],
    ["gzip;q=0", undefined],
    ["br", undefined],
    ["", undefined],
  ])("Accept-Encoding: %s of a text that is stored as it is: %s", async (accepted, coding) => {
    const { headers, body } = await ask(plain, "/lines.txt", { headers: { "accept-encoding": accepted } });
    expect(headers["content-encoding"]).toBe(coding);
    expect(Buffer.compare(coding === "gzip" ? gunzipSync(body) : body, manyLines)).toBe(0);
  });

  test("what does not get smaller is sent as it is", async () => {
    for (const name of ["tiny.txt", "large.bin", "empty.bin"]) {
      const { headers } = await ask(plain, `/${name}`, { headers: { "accept-encoding": "gzip, zstd" } });
      expect(headers["content-encoding"]).toBeUndefined();
    }
  });

  test("a tag of a compressed answer is good for that answer only", async () => {
    const accepting = { "accept-encoding": "zstd" };
    const { headers } = await ask(zipped, "/a.txt", { headers: accepting });
    const condition = { "if-none-match": headers.etag ?? "" };
    expect((await ask(zipped, "/a.txt", { headers: { ...accepting, ...condition } })).status).toBe(304);
    expect((await ask(zipped, "/a.txt", { headers: condition })).status).toBe(200);
  });
});

describe("directories", () => {
  test("with --index show their index.html, which runs nothing", async () => {
    const { headers, body } = await ask(plain, "/dir/");
    expect(body.toString()).toBe("<h1>index</h1>");
    expect(headers["content-security-policy"]).toMatch(/^sandbox; default-src 'none'/u);
    expect((await ask(plain, "/")).body.toString()).toContain("<table>");
    expect((await ask(zipped, "/dir/")).body.toString()).toContain("<table>");
  });

  test("of any size are shown in pages of bounded size, and are filtered as a whole", async () => {
    const names = Array.from({ length: 1201 }, (_, i) => `f${String(i).padStart(5, "0")}`);
    const served = await serveArchive(Object.fromEntries(names.map((name) => [`many/${name}.txt`, "x"])));
    try {
      const rows = async (target: string): Promise<string[]> =>
        [...(await ask(served, target)).body.toString().matchAll(/data-name="([^"]*)"/gu)].map(
          ([, name = ""]) => name,
        );
      expect(await rows("/many/")).toEqual(names.slice(0, 500).map((name) => `${name}.txt`));
      expect(await rows("/many/?page=3")).toEqual(names.slice(1000).map((name) => `${name}.txt`));
      expect(await rows("/many/?page=99")).toHaveLength(201);
      expect(await rows("/many/?page=x")).toHaveLength(500);
      expect(await rows("/many/?q=F01200")).toEqual(["f01200.txt"]);
      expect(await rows("/many/?q=nothing")).toEqual([]);
    } finally {
      await served.close();
    }
  });

  test("are plain lists for programs, which can filter and search them", async () => {
    const curl = async (target: string, method = "GET"): Promise<string> => {
      const { headers, body } = await ask(zipped, target, { method, headers: { accept: "*/*" } });
      expect(headers).toMatchObject({ "content-type": "text/plain; charset=utf-8", vary: "Accept" });
      return body.toString();
    };
    expect(await curl("/")).toBe(
      "dir/\na.constructor\na.txt\nempty.bin\nlarge.bin\nlines.txt\npicture.svg\ntiny.txt\n",
    );
    expect(await curl("/dir/")).toBe("b c#?%.html\nindex.html\n");
    expect(await curl("/?q=TXT")).toBe("a.txt\nlines.txt\ntiny.txt\n");
    expect(await curl("/?q=dir/&deep")).toBe("dir/b c#?%.html\ndir/index.html\n");
    expect(await curl("/", "HEAD")).toBe("");
    const missing = await ask(zipped, "/nothing", { headers: { accept: "*/*" } });
    expect([missing.status, missing.body.toString()]).toEqual([
      404,
      "The archive has no such file or directory.\n",
    ]);
  });

  test("can be searched with everything below", async () => {
    const page = (await ask(zipped, "/?q=html&deep=1")).body.toString();
    expect(page).toContain("2 files of 9 fit “html”, here and below");
    expect(page).toContain('href="./dir/index.html?preview"');
    expect(page).toContain('href="./dir/b%20c%23%3F%25.html?preview"');
    // The directory's own path is not searched.
    expect((await ask(zipped, "/dir/?q=dir&deep=1")).body.toString()).toContain("0 files of 2 fit");
  });

  test("of any size are searched in pages", async () => {
    const many = await serveArchive(
      Object.fromEntries(
        Array.from({ length: 1201 }, (_, at) => [`d/${String(at % 7)}/${String(at)}.txt`, ""]),
      ),
    );
    try {
      const shown = async (number: number): Promise<string> =>
        (await ask(many, `/?q=.TXT&deep=1&page=${String(number)}`)).body.toString();
      expect(await shown(2)).toContain("1,201 files of 1,201 fit “.TXT”, here and below, page 2 of 3");
      const last = await shown(99);
      expect(last).toContain("page 3 of 3");
      expect(last.match(/<tr data-name=/gu)).toHaveLength(201);
      expect(last).toContain('href="?q=.TXT&#38;deep=1&#38;page=2"');
    } finally {
      await many.close();
    }
  });

  test.each([
    ["/dir/", "dir", ["b c#?%.html", "index.html"]],
    ["/", "site", ["a.constructor", "large.bin", "dir/index.html"]],
  ])("%s is saved whole as tar and zip", async (target, name, members) => {
    for (const format of ["tar", "zip"]) {
      const { status, headers, body } = await ask(zipped, `${target}?download=${format}`);
      expect([status, headers["content-disposition"]]).toEqual([
        200,
        `attachment; filename="${name}.${format}"; filename*=UTF-8''${name}.${format}`,
      ]);
      const listed = await membersOf(format, body);
      expect(listed).toEqual(expect.arrayContaining(members));
      const head = await ask(zipped, `${target}?download=${format}`, { method: "HEAD" });
      expect([head.headers["content-type"], head.body.length]).toEqual([headers["content-type"], 0]);
    }
  });

  test("say which archive they are of, and who signed it", async () => {
    const served = await serveArchive({ "a.txt": "a" }, { signers: ["ann@example.com (https://issuer)"] });
    try {
      for (const target of ["/", "/a.txt?preview", "/nothing"]) {
        const page = (await ask(served, target)).body.toString();
        expect(page).toContain(`title="sha256:${"5".repeat(64)}"`);
        expect(page).toContain("verified, signed by ann@example.com (https://issuer)");
      }
    } finally {
      await served.close();
    }
    expect((await ask(zipped, "/")).body.toString()).toContain("no signature was asked for");
  });

  test("names are text, whatever they contain", async () => {
    const name = `"><img src=x onerror=alert(1)>&\u202egnp.txt`;
    const served = await serveArchive({ [name]: "x" });
    try {
      for (const target of ["/", `/?q=${encodeURIComponent(name)}`, `/${encodeURIComponent(name)}?preview`]) {
        const page = (await ask(served, target)).body.toString();
        expect(page).not.toContain("<img src=x");
        expect(page).not.toContain("\u202e");
        expect(page).toContain("&#62;&#60;img src=x onerror=alert(1)&#62;&#38;");
      }
    } finally {
      await served.close();
    }
  });
});

describe("who may ask", () => {
  test.each([
    ["evil.example", 421],
    ["127.0.0.1.evil.example", 421],
    ["localhost", 200],
    ["LOCALHOST:1234", 200],
    ["[::1]:80", 200],
  ])("Host: %s", async (host, status) => {
    const answer = await ask(zipped, "/a.txt", { headers: { host } });
    expect(answer.status).toBe(status);
    if (status === 421) expect(answer.body.toString()).not.toContain("Zeile");
  });

  test("no other name where it listens everywhere, but for those that are allowed", async () => {
    const served = await serveArchive(
      { "a.txt": "a" },
      { listen: "0.0.0.0", allowedHosts: ["machine.example"] },
    );
    try {
      const statuses = ["machine.example:8080", "127.0.0.1", "evil.example", "10.1.2.3"].map(
        async (host) => (await ask(served, "/a.txt", { headers: { host } })).status,
      );
      expect(await Promise.all(statuses)).toEqual([200, 200, 421, 421]);
    } finally {
      await served.close();
    }
  });

  const crossSite = {
    "sec-fetch-site": "cross-site",
    "sec-fetch-mode": "no-cors",
    "sec-fetch-dest": "image",
  };
  const link = { ...crossSite, "sec-fetch-mode": "navigate", "sec-fetch-dest": "document" };
  test.each<readonly [string, Record<string, string>, number, number]>([
    ["a picture of it", crossSite, 403, 200],
    ["a script that reads it", { ...crossSite, origin: "https://evil.example" }, 403, 200],
    ["a frame of it", { ...link, "sec-fetch-dest": "iframe" }, 403, 200],
    ["another port of this machine", { ...crossSite, "sec-fetch-site": "same-site" }, 403, 200],
    ["no more than its origin", { origin: "https://evil.example" }, 403, 200],
    ["a link to it", link, 200, 200],
    ["itself", { ...crossSite, "sec-fetch-site": "same-origin" }, 200, 200],
    ["nobody", { ...link, "sec-fetch-site": "none" }, 200, 200],
  ])("another site's page with %s", async (_name, headers, status, embeddable) => {
    // With --index, documents of the archive are such pages themselves.
    for (const [served, expected] of [
      [zipped, status],
      [plain, embeddable],
    ] as const) {
      const answer = await ask(served, "/picture.svg", { headers });
      expect(answer.status).toBe(expected);
      if (expected === 403) expect(answer.body.toString()).not.toContain("svg");
      expect(answer.headers["access-control-allow-origin"]).toBeUndefined();
    }
  });

  test("who is not answered gets no page, and HEAD no body", async () => {
    for (const method of ["GET", "HEAD", "POST"]) {
      const { status, headers, body } = await ask(zipped, "/a.txt", { method, headers: crossSite });
      expect([status, headers["content-type"], body.length > 0]).toEqual([
        403,
        "text/plain; charset=utf-8",
        method !== "HEAD",
      ]);
      expect(headers["content-security-policy"]).toMatch(/default-src 'none'/u);
    }
  });

  test.each(["/a.txt", "/", "/picture.svg", "/dir/index.html", "/nothing", "/a.txt?preview", "/dir", "/%"])(
    "%s has headers that keep it harmless",
    async (target) => {
      const { headers } = await ask(zipped, target);
      expect(headers).toMatchObject({
        "x-content-type-options": "nosniff",
        "referrer-policy": "no-referrer",
        "cross-origin-opener-policy": "same-origin",
      });
      expect(headers["access-control-allow-origin"]).toBeUndefined();
      if (headers.location === undefined) {
        expect(headers["cross-origin-resource-policy"]).toBe("same-origin");
        expect(headers["content-security-policy"]).toMatch(/default-src 'none'/u);
        expect(headers["content-security-policy"]).not.toMatch(/script-src 'unsafe|script-src [^;]*'self'/u);
      }
    },
  );
});

describe("damaged data", () => {
  async function damage(served: ServedArchive, name: string): Promise<void> {
    const entry = served.archive.entry(name);
    if (entry === undefined) throw new Error(name);
    const file = await open(path.join(served.directory, "archive", "data.blob"), "r+");
    const at = entry.dataOffset + entry.storedSize - 1;
    await file.write(Uint8Array.of((large.at(-1) ?? 0) ^ 0xff), 0, 1, at);
    await file.close();
  }

  test.each(["none", "zstd"] as const)(
    "stored with %s: is never sent as if it were right",
    async (compression) => {
      const served = await serveArchive(
        { "a.txt": text, "large.bin": large, "lines.txt": manyLines },
        { compression },
      );
      try {
        for (const name of ["a.txt", "large.bin", "lines.txt"]) await damage(served, name);
        for (const coding of ["identity", "gzip", "zstd"]) {
          const headers = { "accept-encoding": coding };
          const small = await ask(served, "/a.txt", { headers });
          expect({ coding, status: small.status }).toEqual({ coding, status: 502 });
          expect(small.body.toString()).not.toContain("Zeile");
          for (const name of ["large.bin", "lines.txt"]) {
            const answer = ask(served, `/${name}`, { headers }).then(
              // What fails before anything is sent may also be said.
              ({ status }) => (status === 502 ? "told" : "sent whole"),
              () => "broken off",
            );
            expect(["told", "broken off"], `${name} ${coding}`).toContain(await answer);
          }
        }
        for (const format of ["tar", "zip"]) {
          const saved = ask(served, `/?download=${format}`).then(
            () => "sent whole",
            () => "broken off",
          );
          expect(await saved, format).toBe("broken off");
        }
        expect(served.log.join("\n")).toMatch(/large\.bin.*(?:content|decompress)/u);
      } finally {
        await served.close();
      }
    },
  );
});

describe("bad clients", () => {
  test("one that leaves stops the read", async () => {
    const served = await serveArchive({ "large.bin": large }, { compression: "none" });
    try {
      const { hostname, port } = new URL(served.server.url);
      const socket = connect(Number(port), hostname);
      socket.write("GET /large.bin HTTP/1.1\r\nhost: localhost\r\n\r\n");
      await once(socket, "data");
      socket.destroy();
      while (served.log.length === 0) await new Promise(setImmediate);
      expect(served.log).toEqual(["GET /large.bin 200 the client left before it had everything"]);
    } finally {
      await served.close();
    }
  });

  test("one that takes nothing is given up", async () => {
    const served = await serveArchive(
      { "large.bin": noise(40_000_000) },
      { compression: "none", stallMs: 300 },
    );
    try {
      const { hostname, port } = new URL(served.server.url);
      const socket = connect(Number(port), hostname);
      socket.on("error", () => undefined).pause();
      socket.write("GET /large.bin HTTP/1.1\r\nhost: localhost\r\n\r\n");
      while (served.log.length === 0) await new Promise((resolve) => setTimeout(resolve, 20));
      expect(served.log[0]).toContain("left before it had everything");
      socket.destroy();
    } finally {
      await served.close();
    }
  });

  test("one that never finishes its request is given up", async () => {
    const served = await serveArchive({ "a.txt": "a" }, { stallMs: 300 });
    try {
      const { hostname, port } = new URL(served.server.url);
      const socket = connect(Number(port), hostname);
      socket.write("GET /a.txt HTTP/1.1\r\nhost:");
      const answer = await buffer(socket);
      expect(answer.toString()).toMatch(/^HTTP\/1\.1 408/u);
    } finally {
      await served.close();
    }
  });
});
