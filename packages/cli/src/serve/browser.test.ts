import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import path from "node:path";
import { deflateSync } from "node:zlib";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Browser, Page } from "playwright-core";
import { hasBrowser, startBrowser } from "../testing/browser.js";
import { compiledThread } from "../testing/compiled-thread.js";
import type { ServedArchive } from "../testing/served-archive.js";
import { serveArchive } from "../testing/served-archive.js";
import { wave } from "../testing/wave.js";

if (!hasBrowser) console.info("Chromium is not installed: tests of the pages of `blob serve` are skipped");

const hostile = `<script>document.title = "ran"; fetch("/secret.txt").then((r) => r.text()).then((t) => { document.title = t; });</script>
<img src="x" onerror="document.title = 'ran'">
<iframe src="/secret.txt"></iframe>`;

const markdown = `# Guide

[next](sub/page.md) and [section](#usage-notes) and [far](https://example.com/) and [bad](javascript:alert(1))

<script>document.title = "ran"</script> <b onclick="document.title='ran'">raw</b>

![local](../dot.png) ![tracker](https://example.com/t.png)

## Usage notes

| a | b |
|---|---|
| 1 | 2 |
`;

const numbers = Buffer.from(Array.from({ length: 900_000 }, (_, i) => `number ${String(i)}\n`).join(""));

const previewWorker = compiledThread("serve/preview-worker.ts");

describe.skipIf(!hasBrowser)("the pages in Chromium", () => {
  let browser: Browser;
  let served: ServedArchive;
  let page: Page;

  beforeAll(async () => {
    browser = await startBrowser();
    served = await serveArchive(
      {
        "secret.txt": "secret",
        "hostile.html": hostile,
        "hostile.svg": `<svg xmlns="http://www.w3.org/2000/svg" width="20" height="20"><script>document.title = "ran"</script><rect width="20" height="20"/></svg>`,
        "dot.png": pixel(),
        "docs/guide.md": markdown,
        "docs/sub/page.md": "# Next\n",
        "code.ts": `// comment\nconst answer = 42;\nexport const text = "<b>";\n`,
        "numbers.txt": numbers,
        "sound.wav": wave(60),
        "binary.bin": new Uint8Array(64),
        ...Object.fromEntries(
          Array.from({ length: 20 }, (_, i) => [`files/item-${String(i)}.txt`, String(i)]),
        ),
      },
      { previewWorker },
    );
  });
  afterAll(async () => {
    await browser?.close();
    await served?.close();
  });
  beforeEach(async () => {
    page = await browser.newPage();
  });
  afterEach(() => page.close());

  const at = (target: string): string => served.server.url + target;

  test("a directory: its names, a breadcrumb, no complaint of the browser", async () => {
    const complaints: string[] = [];
    page.on("console", (message) => complaints.push(message.text()));
    page.on("pageerror", (error) => complaints.push(error.message));
    await page.goto(at("docs/sub/"));
    expect(
      await page.getByRole("navigation", { name: "Breadcrumb" }).getByRole("link").allTextContents(),
    ).toEqual(["Archive", "docs"]);
    await page.getByRole("link", { name: "docs", exact: true }).click();
    expect(await attributes(page, "tbody tr[data-name]", "data-name")).toEqual(["sub", "guide.md"]);
    // The browser asks for an icon by itself, which archives seldom have.
    expect(complaints.filter((text) => !text.includes("404"))).toEqual([]);
  });

  test("the filter, and everything else, with the keyboard alone", async () => {
    await page.goto(at("files/"));
    await page.keyboard.press("Tab");
    expect(await page.evaluate("document.activeElement.textContent")).toBe("Skip to content");
    await page.keyboard.press("Enter");
    await page.keyboard.press("Tab");
    expect(await page.evaluate("document.activeElement.id")).toBe("filter");
    expect(await page.getByLabel("Filter this directory").count()).toBe(1);
    await page.keyboard.type("item-1");
    expect(await page.locator("tbody tr[data-name]:visible").count()).toBe(11);
    expect(await page.getByRole("status").textContent()).toBe("11 of 20 shown");
    await page.keyboard.press("Escape");
    expect(await page.locator("tbody tr[data-name]:visible").count()).toBe(20);
    await page.keyboard.type("item-17");
    // The two buttons of the form, the two downloads and the directory above are before it.
    for (let i = 0; i < 6; i++) await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await page.waitForURL("**/files/item-17.txt?preview");
    expect(await page.locator(".text code").textContent()).toBe("17");
  });

  test("everything below a directory is searched", async () => {
    await page.goto(at(""));
    await page.getByLabel("Filter this directory").fill("M-17");
    await page.getByRole("button", { name: "Search everything below" }).click();
    await page.waitForURL("**/?q=M-17&deep=1");
    expect(await attributes(page, "tbody tr[data-name]", "data-name")).toEqual(["files/item-17.txt"]);
    await page.getByText("files/item-17.txt").click();
    await page.waitForURL("**/files/item-17.txt?preview");
  });

  test("the filter works without scripts", async () => {
    const context = await browser.newContext({ javaScriptEnabled: false });
    const still = await context.newPage();
    await still.goto(at("files/"));
    await still.getByLabel("Filter this directory").fill("ITEM-1");
    await still.keyboard.press("Enter");
    await still.waitForURL("**/files/?q=ITEM-1");
    expect(await still.locator("tbody tr[data-name]").count()).toBe(11);
    await context.close();
  });

  test("Markdown is rendered; what is raw in it stays text, and its links lead where they may", async () => {
    await page.goto(at("docs/guide.md?preview"));
    const article = page.locator("article.markdown");
    expect(await article.getByRole("heading").allTextContents()).toEqual(["Guide", "Usage notes"]);
    expect(await attributes(page, "article.markdown a", "href")).toEqual([
      "/docs/sub/page.md?preview",
      "#section-usage-notes",
      "https://example.com/",
    ]);
    expect(await article.textContent()).toContain("<b onclick=");
    expect(await attributes(page, "article.markdown img", "src")).toEqual(["/dot.png"]);
    expect(await page.title()).toContain("guide.md");
    await article.getByRole("link", { name: "section" }).click();
    expect(await page.locator("#section-usage-notes").count()).toBe(1);
    await article.getByRole("link", { name: "next" }).click();
    expect(await page.getByRole("heading", { name: "Next" }).count()).toBe(1);
  });

  test("a text is shown with its lines, a picture as a picture, other files not at all", async () => {
    await page.goto(at("code.ts?preview"));
    expect(await page.locator(".text .l").allTextContents()).toEqual([
      "// comment",
      "const answer = 42;",
      `export const text = "<b>";`,
    ]);
    expect(await page.locator(".text .k").allTextContents()).toEqual(["const", "export", "const"]);
    await page.goto(at("dot.png?preview"));
    expect(await page.evaluate("document.querySelector('img.picture').naturalWidth")).toBe(4);
    await page.goto(at("binary.bin?preview"));
    expect(await page.locator("main").textContent()).toContain("no preview");
  });

  test("a download has the file's name and bytes", async () => {
    await page.goto(at("numbers.txt?preview"));
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("link", { name: "Download" }).click(),
    ]);
    expect(download.suggestedFilename()).toBe("numbers.txt");
    expect(Buffer.compare(await readFile(await download.path()), numbers)).toBe(0);
  });

  test("the browser decompresses the stored frames of a large file", async () => {
    // Our pages may not fetch anything: this is about the browser's decoder.
    const context = await browser.newContext({ bypassCSP: true });
    const free = await context.newPage();
    await free.goto(at("files/"));
    const fetched = `(async () => {
      const answer = await fetch("/numbers.txt");
      const text = await answer.text();
      return [answer.headers.get("content-encoding"), text.length, text.slice(-14)];
    })()`;
    expect(await free.evaluate(fetched)).toEqual(["zstd", numbers.length, "number 899999\n"]);
    await context.close();
    // More than one frame: not every decoder goes on after the first.
    const stored = await readFile(path.join(served.directory, "archive", "data.blob"));
    const { dataOffset = 0, storedSize = 0 } = served.archive.entry("numbers.txt") ?? {};
    const magic = Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd);
    expect(stored.subarray(dataOffset, dataOffset + storedSize).lastIndexOf(magic)).toBeGreaterThan(0);
  });

  test("a player seeks in a file by asking for a part of it", async () => {
    await page.goto(at("sound.wav?preview"));
    const reached = await page.evaluate(`(async () => {
      const audio = document.querySelector("audio");
      if (audio.readyState < 1) await new Promise((resolve) => audio.addEventListener("loadedmetadata", resolve));
      audio.currentTime = 50;
      await new Promise((resolve) => audio.addEventListener("seeked", resolve, { once: true }));
      return [Math.round(audio.duration), audio.currentTime];
    })()`);
    expect(reached).toEqual([60, 50]);
    expect(served.log.filter((line) => line.startsWith("GET /sound.wav 206")).length).toBeGreaterThan(0);
  });

  test.each(["hostile.html", "hostile.svg"])("%s neither runs nor has this server's origin", async (name) => {
    await page.goto(at(name));
    expect(await page.evaluate("[origin, document.title]")).toEqual(["null", ""]);
    const frames = await Promise.all(
      page
        .frames()
        .slice(1)
        .map((frame) => frame.content().catch(() => "")),
    );
    expect(frames.join("")).not.toContain("secret");
    await page.goto(at(`${name}?preview`));
    expect(await page.title()).not.toContain("ran");
    expect(await page.evaluate("origin")).toBe(served.server.url.slice(0, -1));
  });

  test("with --index a document has its styles and pictures, but neither scripts nor an origin", async () => {
    const site = await serveArchive(
      {
        "index.html": `<link rel="stylesheet" href="a.css"><h1>x</h1><img src="dot.png" onload="document.title = 'ran'">`,
        "a.css": "h1 { color: rgb(1, 2, 3) }",
        "dot.png": pixel(),
      },
      { index: true },
    );
    try {
      await page.goto(site.server.url);
      const seen = `[getComputedStyle(document.querySelector("h1")).color, document.images[0].naturalWidth, document.title, origin]`;
      expect(await page.evaluate(seen)).toEqual(["rgb(1, 2, 3)", 4, "", "null"]);
    } finally {
      await site.close();
    }
  });

  test("a page of another origin can use none of it", async () => {
    // Not one of ours, whose own policy would refuse before anything is asked.
    const other = createServer((_request, response) => {
      response.writeHead(200, { "content-type": "text/html" }).end("<p>other");
    });
    await new Promise<void>((resolve) => {
      other.listen(0, "127.0.0.1", resolve);
    });
    try {
      const { port } = other.address() as AddressInfo;
      await page.goto(`http://127.0.0.1:${String(port)}/`);
      const tries = `(async () => [
        await fetch("${at("secret.txt")}").then(() => "read", () => "refused"),
        await new Promise((resolve) => {
          const image = new Image();
          image.onload = () => resolve("shown");
          image.onerror = () => resolve("refused");
          image.src = "${at("dot.png")}";
        }),
      ])()`;
      expect(await page.evaluate(tries)).toEqual(["refused", "refused"]);
    } finally {
      other.close();
      other.closeAllConnections();
    }
  });

  test("light and dark: text stands out against its background", async () => {
    for (const colorScheme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme });
      await page.goto(at(""));
      const contrast = await page.evaluate<number[]>(`(() => {
        const luminance = (color) => {
          const [r, g, b] = color.match(/[\\d.]+/g).map((part) => {
            const value = Number(part) / 255;
            return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
          });
          return 0.2126 * r + 0.7152 * g + 0.0722 * b;
        };
        const back = luminance(getComputedStyle(document.body).backgroundColor);
        return [...document.querySelectorAll("h1, a.name, td.size, th, #shown, .archive, label")].map((element) => {
          const front = luminance(getComputedStyle(element).color);
          return (Math.max(front, back) + 0.05) / (Math.min(front, back) + 0.05);
        });
      })()`);
      // WCAG 2.2, 1.4.3.
      expect(Math.min(...contrast)).toBeGreaterThanOrEqual(4.5);
      expect(await page.evaluate("getComputedStyle(document.body).backgroundColor")).toBe(
        colorScheme === "light" ? "rgb(255, 255, 255)" : "rgb(18, 22, 28)",
      );
    }
  });

  test("a narrow screen needs no sideways scrolling", async () => {
    await page.setViewportSize({ width: 360, height: 640 });
    for (const target of ["", "files/", "docs/guide.md?preview", "code.ts?preview", "dot.png?preview"]) {
      await page.goto(at(target));
      expect(await page.evaluate("document.documentElement.scrollWidth")).toBeLessThanOrEqual(360);
    }
  });
});

/** Runs as text: this project is compiled without the types of browsers. */
function attributes(page: Page, selector: string, name: string): Promise<unknown> {
  return page.evaluate(
    `[...document.querySelectorAll("${selector}")].map((element) => element.getAttribute("${name}"))`,
  );
}

/** A picture of four pixels by four, in one colour. */
function pixel(): Uint8Array {
  const chunk = (type: string, data: Uint8Array): Buffer => {
    const body = Buffer.concat([Buffer.from(type), data]);
    const size = Buffer.alloc(4);
    size.writeUInt32BE(data.length);
    const check = Buffer.alloc(4);
    check.writeUInt32BE(crc32(body));
    return Buffer.concat([size, body, check]);
  };
  const header = Buffer.from([0, 0, 0, 4, 0, 0, 0, 4, 8, 2, 0, 0, 0]);
  const row = [0, ...Array.from({ length: 4 }, () => [40, 110, 220]).flat()];
  const pixels = deflateSync(Uint8Array.from(Array.from({ length: 4 }, () => row).flat()));
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk("IHDR", header),
    chunk("IDAT", pixels),
    chunk("IEND", new Uint8Array(0)),
  ]);
}

function crc32(bytes: Uint8Array): number {
  let crc = 0xff_ff_ff_ff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let i = 0; i < 8; i++) crc = crc & 1 ? (crc >>> 1) ^ 0xed_b8_83_20 : crc >>> 1;
  }
  return (crc ^ 0xff_ff_ff_ff) >>> 0;
}
