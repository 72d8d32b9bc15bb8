import { createHash } from "node:crypto";
import { hostname } from "node:os";

const host = createHash("sha256").update(hostname()).digest("hex").slice(0, 8);

/** Says in a file's name or content which process made it. */
export const processMark: string = `${host}-${String(process.pid)}`;

/** Whether the process that left this mark is known to be gone. Of other hosts, and containers, nothing is known. */
export function isDeadMark(mark: string): boolean {
  const [markHost, pid] = mark.split("-", 2);
  if (markHost !== host || pid === undefined || !/^[1-9][0-9]{0,9}$/.test(pid)) return false;
  try {
    process.kill(Number(pid), 0);
    return false;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "ESRCH";
  }
}
