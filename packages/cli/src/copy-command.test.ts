import path from "node:path";
import { createTemporaryDirectory, startTestRegistry, writeTree } from "@blob/testing";
import { expect, onTestFinished, test } from "vitest";
import { runBlob } from "./testing/run-blob.js";
import { checkSchema } from "./testing/script.js";

test("blob copy warns about what does not come along, and has it in JSON", async () => {
  const temporary = await createTemporaryDirectory();
  onTestFinished(() => temporary.remove());
  const directory = temporary.path;
  const registry = await startTestRegistry();
  onTestFinished(() => registry.close());
  await writeTree(path.join(directory, "site"), { "index.html": "<h1>hello</h1>" });
  const env = { BLOB_PLAIN_HTTP: "1" };
  const reference = `${registry.host}/acme/site:v1`;
  const pushed = await runBlob(["push", reference, path.join(directory, "site"), "--output", "json"], {
    env,
  });
  const { digest } = JSON.parse(pushed.stdout) as { digest: string };
  const legacy = `${digest.replace(":", "-")}.sig`;
  expect(await runBlob(["tag", reference, `${registry.host}/acme/site:${legacy}`], { env })).toMatchObject({
    code: 0,
  });
  const copy = `oci:${path.join(directory, "layout")}:v1`;
  const told = await runBlob(["copy", reference, copy, "--quiet"], { env });
  expect(told).toMatchObject({
    code: 0,
    stderr: expect.stringMatching(new RegExp(`^warning: not copied: the tag ${legacy}: `, "mu")) as string,
  });
  const { code, stdout } = await runBlob(["copy", reference, copy, "--output", "json"], { env });
  expect(code).toBe(0);
  await checkSchema("copy", stdout, "copy");
  expect(JSON.parse(stdout)).toMatchObject({ not_copied: [{ kind: "tag", name: legacy }] });
  const without = await runBlob(["copy", reference, copy, "--no-with-referrers"], { env });
  expect(without).toMatchObject({ code: 0, stderr: "" });
});
