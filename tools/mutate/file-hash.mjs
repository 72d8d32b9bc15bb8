import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";

/** @param {string} text */
export const hashOf = (text) => createHash("sha256").update(text).digest("hex").slice(0, 32);

/** @param {string} file */
export const hashOfFile = (file) => hashOf(readFileSync(file, "utf8"));
