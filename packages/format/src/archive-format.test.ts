import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";

import { encodeIndex } from "./index-codec/index-encoder.js";
import {
  chunkedFileSlots,
  entrySlots,
  indexSlots,
  maxChunkBytes,
  minChunkBytes,
} from "./index-codec/index-schema.js";
import { archiveArtifactType, dataMediaType, indexMediaType } from "./media-types.js";
import { cuttingOf } from "./node/create/chunk-sizes.js";
import { maxSmallFileBytes } from "./node/walk/read-small-file.js";
import { resolveLimits } from "./reading/read-limits.js";

const page = readFileSync(new URL("../../../docs/archive-format.md", import.meta.url), "utf8");

/** Slots by their names, in the schema and in the table of a part of the page. */
function slotsIn(text: string, pattern: RegExp): Record<string, number> {
  return Object.fromEntries(
    Array.from(text.matchAll(pattern), ({ groups = {} }) => [groups["name"], Number(groups["slot"])]),
  );
}

function snakeCased(slots: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(
    Object.entries(slots).map(([name, slot]) => [
      name.replaceAll(/[A-Z]/g, (c) => `_${c.toLowerCase()}`),
      slot,
    ]),
  );
}

describe("the page about the archive format", () => {
  test.each([
    ["Index", indexSlots],
    ["Entry", entrySlots],
    ["ChunkedFile", chunkedFileSlots],
  ])("has the slots of %s", (name, slots) => {
    const schema = new RegExp(`table ${name} \\{.*?\\n\\}`, "s").exec(page)?.[0] ?? "";
    const declared = slotsIn(schema, /^ +(?<name>\w+):.*\(id: (?<slot>\d+)/gm);
    expect(declared).toEqual(snakeCased(slots));
    const [, rest = ""] = page.split(new RegExp(`^\`${name}\`(?:, one for .*)?:$`, "m"));
    const table = rest.trimStart().split("\n\n")[0] ?? "";
    expect(slotsIn(table, /^\| (?<slot>\d+) +\| `(?<name>\w+)`/gm)).toEqual(declared);
  });

  test.each([
    ["the largest chunk", maxChunkBytes],
    ["the smallest chunk", minChunkBytes],
    ["compressed chunks", cuttingOf("fixed", true)?.chunkBytes],
    ["stored chunks", cuttingOf("fixed", false)?.chunkBytes],
  ])("has the size of %s", (_, bytes) => {
    expect(page).toContain(`${bytes?.toLocaleString("en-US")} bytes`);
  });

  test("has the limits", () => {
    const { maxIndexBytes, maxDecoderBytes } = resolveLimits();
    expect(page).toMatch(new RegExp(`\`maxIndexBytes\`.*\\| ${maxIndexBytes >> 20} MiB unless`));
    expect(page).toMatch(new RegExp(`\`maxDecoderBytes\`.*\\| ${maxDecoderBytes >> 20} MiB unless`));
    expect(page).toContain(`Files above ${maxSmallFileBytes >> 20} MiB are cut`);
  });

  test("has the media types", () => {
    for (const type of [indexMediaType, dataMediaType, archiveArtifactType])
      expect(page).toContain(`"${type}"`);
  });

  test("has an example whose bytes are those that are written", () => {
    const content = new Uint8Array(6000);
    const sha256 = (bytes: Uint8Array): Buffer => createHash("sha256").update(bytes).digest();
    const hashes = Buffer.concat([content.subarray(0, 4096), content.subarray(4096)].map(sha256));
    const facts = { mode: 0o644, uid: 0, gid: 0, mtimeNs: 0n, compression: "none" as const };
    const size = content.length;
    const index = encodeIndex({
      entries: [{ ...facts, path: "a", size, storedSize: size, dataOffset: 0, hash: sha256(content) }],
      dataSize: size,
      dataHash: sha256(content),
      cuts: [{ row: 0, chunkSize: 4096, hashes, storedSizes: undefined, sizes: undefined }],
    });
    const lines = Array.from(
      page.matchAll(/^[0-9a-f]{4} {2}((?:[0-9a-f]{2} ?){16})$/gm),
      ([, hex = ""]) => hex,
    );
    expect(lines.join("").replaceAll(" ", "")).toBe(Buffer.from(index).toString("hex"));
    // The rows of the table below have the bytes that are at their places.
    const rows = page.matchAll(/^\| (?<at>[0-9a-f]{4}) +\| `(?<bytes>(?:[0-9a-f]{2} ?)+)/gm);
    let count = 0;
    for (const { groups = {} } of rows) {
      const bytes = Buffer.from((groups["bytes"] ?? "").replaceAll(" ", ""), "hex");
      const at = Number.parseInt(groups["at"] ?? "", 16);
      expect(index.subarray(at, at + bytes.length), groups["at"]).toEqual(new Uint8Array(bytes));
      count++;
    }
    expect(count).toBeGreaterThan(20);
  });
});
