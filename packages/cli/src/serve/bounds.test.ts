import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import { request as httpRequest } from "node:http";
import { buffer } from "node:stream/consumers";
import type { Archive } from "@blob/format";
import { loadZstdDecoder } from "@blob/format/node";
import { describe, expect, onTestFinished, test } from "vitest";
import { compiledThread } from "../testing/compiled-thread.js";
import { memoryArchive } from "../testing/memory-archive.js";
import { startArchiveServer } from "./archive-server.js";

const previewWorker = compiledThread("serve/preview-worker.ts");

interface Answer {
  readonly status: number;
  readonly page: string;
}

type Ask = (target: string, headers?: Readonly<Record<string, string>>) => Promise<Answer>;

async function serve(archive: Archive): Promise<Ask> {
  const server = await startArchiveServer({
    archive,
    subject: { reference: "registry.example/acme/site:v1", digest: undefined, signers: [] },
    zstd: await loadZstdDecoder(),
    port: 0,
    listen: "127.0.0.1",
    index: false,
    previews: { url: previewWorker },
    onRequest: () => undefined,
  });
  onTestFinished(() => server.close());
  const { port } = new URL(server.url);
  return async (target, headers = {}) => {
    const request = httpRequest({
      host: "127.0.0.1",
      port,
      path: target,
      headers: { accept: "text/html", ...headers },
      agent: false,
    });
    request.end();
    const [response] = (await once(request, "response")) as [IncomingMessage];
    return { status: response.statusCode ?? 0, page: (await buffer(response)).toString() };
  };
}

/** A page of one short sentence. */
const shortPage = 12_000;

describe("an error costs a short page, whatever was asked for", () => {
  test.each<readonly [string, string, number]>([
    ["16,000 elements", `/${"a/".repeat(16_000)}`, 400],
    ["as many as are looked up", `/${"a/".repeat(2000)}`, 404],
    ["one long element", `/${"a".repeat(30_000)}`, 400],
    ["a long element that is looked up", `/${"a".repeat(4000)}`, 404],
    ["encoded elements", `/${"%61/".repeat(3000)}`, 400],
    ["dots", `/${"../".repeat(10_000)}`, 400],
    ["a long query", `/nothing?${"a=b&".repeat(3000)}`, 404],
    ["a long name with a preview", `/${"%3C".repeat(1300)}?preview`, 404],
  ])("%s", async (_name, target, status) => {
    const ask = await serve(memoryArchive({ "x.txt": "x" }));
    const answer = await ask(target);
    expect(answer.status).toBe(status);
    expect(answer.page.length).toBeLessThan(shortPage);
    expect(answer.page).not.toContain("Breadcrumb");
    expect((await ask("/x.txt")).page).toBe("x");
  });
});

describe("a page has a bounded size, whatever the archive has", () => {
  test("deep directories", async () => {
    const deep = Array.from({ length: 1500 }, (_, at) => String(at % 10)).join("/");
    const names = Array.from({ length: 500 }, (_, at) => [`${deep}/f${String(at)}`, ""] as const);
    const ask = await serve(memoryArchive({ ...Object.fromEntries(names), [`${deep}/d/x.txt`]: "x" }));
    const listed = await ask(`/${deep}/`);
    expect(listed.status).toBe(200);
    expect(listed.page.length).toBeLessThan(600_000);
    expect(listed.page.match(/<li/gu)?.length).toBeLessThan(20);
    // Links of rows are the names alone, and lead there.
    expect(listed.page).toContain('href="./f7?preview"');
    expect(listed.page).toContain('href="./d/"');
    const shown = await ask(`/${deep}/d/x.txt?preview`);
    expect([shown.status, shown.page.length < 100_000]).toEqual([200, true]);
  });

  test("names that no file system has", async () => {
    const names = Array.from({ length: 500 }, (_, at) => [`${String(at)}${"&".repeat(50_000)}`, ""] as const);
    const ask = await serve(memoryArchive({ ...Object.fromEntries(names), "0.txt": "x" }));
    const listed = await ask("/");
    expect(listed.status).toBe(200);
    expect(listed.page.length).toBeLessThan(3_000_000);
    expect(listed.page).toContain('href="./0.txt?preview"');
    expect(listed.page).toContain("Too long for a link");
  });

  test("names that are only long", async () => {
    const names = Array.from({ length: 500 }, (_, at) => [`${"&".repeat(250)}${String(at)}`, ""] as const);
    const ask = await serve(memoryArchive(Object.fromEntries(names)));
    const { page } = await ask("/");
    expect(page.length).toBeLessThan(6_000_000);
    expect(page).not.toContain("Too long for a link");
  });
});

describe("others are answered meanwhile", () => {
  test.each<readonly [string, string, string]>([
    ["a text of very many lines", "a.ts", "0\n".repeat(131_000)],
    ["Markdown of very many tables", "a.md", "a|b\n-|-\n".repeat(30_000)],
    ["Markdown that is all brackets", "a.md", "[".repeat(250_000)],
    ["Markdown of links in a long path", `${"deep/".repeat(800)}a.md`, "[](a)".repeat(50_000)],
  ])("%s", async (_name, name, content) => {
    const ask = await serve(memoryArchive({ [name]: content, "x.txt": "x", "x.md": "x" }));
    // What is loaded for the first preview of a kind is loaded before.
    await ask("/x.md?preview");
    const order: string[] = [];
    const preview = ask(`/${name}?preview`).then((answer) => {
      order.push("preview");
      return answer;
    });
    for (let times = 0; times < 20; times += 1) await ask("/x.txt");
    order.push("others");
    expect((await preview).status).toBe(200);
    expect(order).toEqual(["others", "preview"]);
    expect((await preview).page.length).toBeLessThan(9_000_000);
  });
});

test("headers of any shape are read in one pass", async () => {
  const ask = await serve(memoryArchive({ "x.txt": "x" }));
  for (const [name, value] of [
    ["range", `bytes=${"0-0,".repeat(10_000)}0-0`],
    ["range", `bytes=${" ".repeat(40_000)}x`],
    ["accept-encoding", "gzip;q=0,".repeat(5000)],
    ["accept-encoding", `${";".repeat(40_000)}gzip`],
    ["if-none-match", '"'.repeat(40_001)],
    ["if-none-match", 'W/"a",'.repeat(7000)],
    ["if-match", `"${"x".repeat(40_000)}`],
    ["if-modified-since", "M".repeat(40_000)],
    ["if-range", `"${" ".repeat(40_000)}`],
    ["origin", `http://${"a".repeat(40_000)}`],
  ] as const) {
    const { status } = await ask("/x.txt", { [name]: value });
    expect([200, 403, 412]).toContain(status);
  }
});
