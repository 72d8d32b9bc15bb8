import { spawn } from "node:child_process";
import { PolicyError } from "../errors.js";

/** Opens a page in the system's browser, without a shell, and without waiting for the browser to end. */
export async function openInBrowser(url: URL): Promise<void> {
  const [command, ...leading] = opener();
  const child = spawn(command, [...leading, url.href], { stdio: "ignore", detached: true });
  await new Promise<void>((resolve, reject) => {
    child.once("spawn", resolve);
    child.once("error", (cause) => {
      const message = `no browser could be opened (${command}): give an identity token instead`;
      reject(new PolicyError("IdentityUnavailable", message, { cause }));
    });
  });
  child.unref();
}

function opener(): readonly [string, ...string[]] {
  if (process.platform === "darwin") return ["open"];
  if (process.platform === "win32") return ["rundll32", "url.dll,FileProtocolHandler"];
  return ["xdg-open"];
}
