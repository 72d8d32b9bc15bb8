import { expect, test } from "vitest";
import type { HttpHeaders } from "./handler.js";
import type { HttpTrace } from "./trace.js";
import { withTrace } from "./trace.js";

const token = "Ready-Made.Token";

async function traceOf(status: number, headers: HttpHeaders): Promise<HttpTrace> {
  const traces: HttpTrace[] = [];
  const url = new URL("https://registry.example/v2/a/blobs/x");
  const handler = withTrace((trace) => traces.push(trace))(() =>
    Promise.resolve({ status, headers, url, body: (async function* () {})(), cancel: () => undefined }),
  );
  await handler({ method: "GET", url, headers: { authorization: `Bearer ${token}` } });
  const [trace] = traces;
  if (trace === undefined) throw new Error("nothing was told");
  return trace;
}

test("tells what an answer says of its range, its time and where it leads", async () => {
  const headers = {
    "content-range": "bytes 1-9/100",
    date: "Sun, 06 Nov 1994 08:49:37 GMT",
    location: "https://storage.example:8443/x?sig=secret",
  };
  expect(await traceOf(307, headers)).toMatchObject({
    contentRange: "bytes 1-9/100",
    date: headers.date,
    redirectHost: "storage.example:8443",
  });
  expect(await traceOf(307, { location: "/elsewhere" })).toMatchObject({ redirectHost: "registry.example" });
  expect(await traceOf(201, headers)).toMatchObject({ redirectHost: undefined });
});

test("does not tell what came with the request, wherever the answer repeats it", async () => {
  for (const location of [`https://${token}/`, `https://${token}.example/`, `https://${token}@x.example/`]) {
    const headers = { "content-range": `bytes ${token}`, date: token, location };
    expect(JSON.stringify(await traceOf(307, headers)).toLowerCase()).not.toContain(token.toLowerCase());
  }
});
