export interface BlobLink {
  readonly url: URL;
  /** Who said it; undefined for the registry itself. */
  readonly from: URL | undefined;
}

/** Where registries redirected to, per blob: a signed link serves many ranges until it expires. */
export interface BlobLinks {
  get(key: string): BlobLink | undefined;
  remember(key: string, link: BlobLink): void;
  /** Only if it is still this one: somebody else may have brought a newer link. */
  forget(key: string, link: BlobLink): void;
  /** The request that is asking the registry for a new link right now, if there is one. It never rejects. */
  renewal(key: string): Promise<void> | undefined;
  /** Runs the request that brings a new link; meanwhile `renewal` tells the others to wait. */
  renew<T>(key: string, ask: () => Promise<T>): Promise<T>;
}

/** A link is some hundred bytes; nobody reads from more blobs at a time. */
const maxLinks = 1024;

export function createBlobLinks(): BlobLinks {
  const links = new Map<string, BlobLink>();
  const renewals = new Map<string, Promise<void>>();
  return {
    get: (key) => links.get(key),
    remember(key, link) {
      links.delete(key);
      links.set(key, link);
      const [oldest] = links.keys();
      if (links.size > maxLinks && oldest !== undefined) links.delete(oldest);
    },
    forget(key, link) {
      if (links.get(key) === link) links.delete(key);
    },
    renewal: (key) => renewals.get(key),
    async renew(key, ask) {
      const asking = ask();
      const settled = settle(asking);
      renewals.set(key, settled);
      try {
        return await asking;
      } finally {
        if (renewals.get(key) === settled) renewals.delete(key);
      }
    },
  };
}

async function settle(work: Promise<unknown>): Promise<void> {
  try {
    await work;
  } catch {
    // Whoever started it gets the error; those who wait only want to know that it is over.
  }
}
