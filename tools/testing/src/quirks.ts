/** What a registry may do that clients have to live with. Everything is off unless set, and may be changed at any time. */
export interface Quirks {
  /** Answers ranges with 200 and the whole blob, as cold pull-through caches do. */
  ignoreRange?: boolean;
  /** Answers ranges with 200 and a Content-Range, as peer-to-peer proxies do. */
  rangeAs200?: boolean;
  /** Sends this as Content-Range instead of the right one; "" leaves it out. */
  contentRange?: string;
  /** Ends a blob's body by breaking the connection after this many bytes of it. */
  breakBodyAfter?: number;
  /** How many bodies are broken so; then all is well. Default all of them. */
  breakTimes?: number;
  /** Sends bodies of blobs without a Content-Length, and ends them early without an error after so many bytes. */
  shortChunkedBody?: number;
  /** Sends bodies one byte at a time. */
  oneByteAtATime?: boolean;
  /** Compresses the bodies of answers to GET, although nobody asked for that. */
  gzip?: boolean;
  /** Redirects blob GETs to a second server, with a signed link. */
  redirectBlobs?: boolean;
  /** Redirects blob HEADs as well, to links that are signed for GET only: 403. */
  redirectHead?: boolean;
  /** How often a link can be used; then the second server answers 403. */
  linkUses?: number;
  /** Where blob GETs are redirected to, literally. */
  redirectTo?: string;
  /** No Docker-Content-Digest anywhere (ECR on GET by tag). */
  noDigestHeader?: boolean;
  /** No Location with what was created. */
  noLocation?: boolean;
  /** Answers HEAD with this status (ECR Public 401, JFrog 403). */
  headStatus?: number;
  /** Answers with this before it does anything else. */
  fail?: { status: number; times: number; headers?: Record<string, string>; path?: RegExp; body?: string };
  /** Uploads get this Location; `{id}` is the session's id. */
  uploadLocation?: string;
  /** Answers a PATCH that worked with this status, and with a range that it does not have (ECR 201). */
  patchStatus?: number;
  /** Refuses a PUT of a blob that is larger, with 413. */
  maxPutBytes?: number;
  /** Refuses a PATCH that is larger, with 413. */
  maxPatchBytes?: number;
  /** Sent with new uploads as OCI-Chunk-Min-Length. */
  chunkMinLength?: number;
  /** Breaks the connection instead of answering: before the request is looked at, or after it was done. */
  drop?: { when: "before" | "after"; times: number; path: RegExp };
  /** The status that challenges come with. Default 401; Artifactory says 403. */
  challengeStatus?: number;
  /** Asks for Basic credentials. */
  basicAuth?: { username: string; password: string };
  /** Asks for a Bearer token from `/token`, which can be used so often (default without end). */
  tokenAuth?: { username?: string; password?: string; uses?: number };
  /** Other quirks for one request, on top of these: faults by chance, or by turn. */
  forRequest?: (request: {
    readonly server: "registry" | "storage";
    readonly method: string;
    readonly path: string;
  }) => Quirks;
  /** Sent as Date: a clock that is wrong. */
  date?: string;
  /** Sent as OCI-Subject instead of the right one. */
  subjectHeader?: string;
  /** 404 for the referrers API, and no OCI-Subject header. */
  noReferrersApi?: boolean;
  /** Lists all referrers, whatever type is asked for. */
  noReferrersFilter?: boolean;
}
