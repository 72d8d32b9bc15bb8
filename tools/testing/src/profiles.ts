import type { Quirks } from "./quirks.js";

const user = { username: "ann", password: "very:secret" };

/** How well-known registries behave where they differ from the specification, as far as clients could tell. */
export const registryProfiles: Readonly<Record<string, Quirks>> = {
  "Docker Hub": { tokenAuth: user, redirectBlobs: true },
  GHCR: { tokenAuth: user, redirectBlobs: true, redirectHead: true, linkUses: 3, noReferrersApi: true },
  ECR: { basicAuth: user, redirectBlobs: true, linkUses: 2, noDigestHeader: true },
  GAR: { tokenAuth: user, noReferrersApi: true },
  ACR: { tokenAuth: user, redirectBlobs: true, noDigestHeader: true, maxPutBytes: 1_000_000 },
  Quay: { tokenAuth: user, redirectBlobs: true },
  Harbor: { tokenAuth: user, ignoreRange: true },
  GitLab: { tokenAuth: user, noReferrersApi: true, redirectBlobs: true },
  "a peer-to-peer proxy": { rangeAs200: true },
};

/** The user that the profiles let in. */
export const profileUser: Readonly<typeof user> = user;
