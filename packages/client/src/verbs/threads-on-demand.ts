import type { ContentThreadsOptions, OwnedContentThreads } from "@blob/format/node";

/** The threads of an archive that may never be read: what starts them is loaded with the first read of a file. */
export function threadsOnDemand(): Pick<OwnedContentThreads, "read" | "close"> {
  let threads: Promise<OwnedContentThreads> | undefined;
  let isClosed = false;
  return {
    async read(size, work) {
      // As after the end of threads that there were.
      if (isClosed) return work(undefined);
      return (await (threads ??= loadThreads())).read(size, work);
    },
    async close() {
      isClosed = true;
      await (await threads)?.close();
    },
  };
}

/** @throws FormatError `InvalidArgument` for a number of threads that makes no sense. */
export async function loadThreads(options?: ContentThreadsOptions): Promise<OwnedContentThreads> {
  const { createContentThreads } = await import("@blob/format/node/read");
  return createContentThreads(options);
}
