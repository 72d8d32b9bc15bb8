import { createHash } from "node:crypto";

import type { Sha256 } from "../../sha256.js";

/** SHA-256 of `node:crypto`, which uses the processor's instructions: ten times as fast as JavaScript. */
export const nodeSha256: Sha256 = {
  hash: (content) => createHash("sha256").update(content).digest(),
  create() {
    const hash = createHash("sha256");
    return {
      update(chunk) {
        hash.update(chunk);
      },
      digest: () => hash.digest(),
    };
  },
};
