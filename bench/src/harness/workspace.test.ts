import { existsSync } from "node:fs";
import { once } from "node:events";
import process from "node:process";
import { describe, expect, it } from "vitest";
import { measureCommand } from "./measured-command.js";
import { openWorkspace } from "./workspace.js";

describe("a workspace", () => {
  it("takes its directory and all processes with it, their children too", async () => {
    const workspace = await openWorkspace();
    // The shell waits for its child, which also holds the pipe open.
    const child = workspace.spawn("sh", ["-c", "sleep 1000 & echo started; wait"], {
      stdio: ["ignore", "pipe", "ignore"],
    });
    const { stdout } = child;
    if (stdout === null) throw new Error("there is no pipe");
    await once(stdout, "data");
    const nobodyWrites = once(stdout, "close");
    await workspace.close();
    await nobodyWrites;
    expect(child.signalCode).toBe("SIGKILL");
    expect(existsSync(workspace.directory)).toBe(false);
  });
});

describe("a measured command", () => {
  it("says what it took, and what it printed when it is asked", async () => {
    const workspace = await openWorkspace();
    try {
      const command = { file: process.execPath, args: ["-e", "console.log('done')"] };
      const measured = await measureCommand(workspace, command, { output: "text" });
      expect(measured.stdout).toBe("done\n");
      expect(measured.seconds).toBeGreaterThan(0);
      // Node takes more than this just to be there.
      if (measured.peakBytes !== undefined) expect(measured.peakBytes).toBeGreaterThan(1e7);
      expect((await measureCommand(workspace, command)).stdout).toBe("");
    } finally {
      await workspace.close();
    }
  });

  it("that fails is no figure: it is named, with what it said", async () => {
    const workspace = await openWorkspace();
    try {
      const command = { file: "sh", args: ["-c", "echo too bad >&2; exit 3"] };
      await expect(measureCommand(workspace, command)).rejects.toThrow(/sh -c .* ended with 3\n.*too bad/su);
    } finally {
      await workspace.close();
    }
  });
});
