import { chmod, writeFile } from "node:fs/promises";
import path from "node:path";

/** Puts a credential helper into a folder: a real program, with `action`, `input` and `folder` at its disposal. */
export async function writeHelper(folder: string, name: string, body: string): Promise<void> {
  const file = path.join(folder, `docker-credential-${name}`);
  const script = `#!${process.execPath}
const fs = require("node:fs");
const folder = ${JSON.stringify(folder)};
const action = process.argv[2];
const input = fs.readFileSync(0, "utf8");
${body}
`;
  await writeFile(file, script);
  await chmod(file, 0o755);
}

/** The body of a helper that knows one credential for every registry. */
export function knows(username: string, secret: string): string {
  return `console.log(JSON.stringify({ ServerURL: input, Username: ${JSON.stringify(username)}, Secret: ${JSON.stringify(secret)} }));`;
}

/** The body of a helper that keeps what it is given in a file, as real ones do in a keychain. */
export const keeps = `
const kept = folder + "/keychain.json";
const all = fs.existsSync(kept) ? JSON.parse(fs.readFileSync(kept, "utf8")) : {};
if (action === "store") {
  const credential = JSON.parse(input);
  all[credential.ServerURL] = credential;
} else {
  if (all[input] === undefined) {
    console.log("credentials not found in native keychain");
    process.exit(1);
  }
  if (action === "get") console.log(JSON.stringify(all[input]));
  else delete all[input];
}
fs.writeFileSync(kept, JSON.stringify(all));
`;
