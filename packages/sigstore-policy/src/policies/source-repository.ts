/** Which repositories of a server something may come from. */
export interface SourceRepository {
  /** For messages. */
  readonly name: string;
  /** Whether a repository does, by its whole URL. */
  accepts(url: string | undefined): url is string;
}

/** One repository, `owner/name`. GitHub does not tell names that differ in case apart. */
export function oneRepository(server: string, repository: string): SourceRepository {
  const source = `${server}/${repository}`;
  return {
    name: source,
    accepts: (url): url is string => url?.toLowerCase() === source.toLowerCase(),
  };
}

/** Any repository of an owner, and of no other whose name begins or ends likewise. */
export function ownedRepository(server: string, owner: string): SourceRepository {
  return {
    name: `a repository of ${owner}`,
    accepts: (url): url is string => ownerIn(server, url) === owner.toLowerCase(),
  };
}

/** Any repository of a server. */
export function anyRepository(server: string): SourceRepository {
  return {
    name: `a repository at ${server}`,
    accepts: (url): url is string => ownerIn(server, url) !== undefined,
  };
}

/** The owner that the URL of a repository names: it has an owner and a name behind the server, and nothing else. */
function ownerIn(server: string, url: string | undefined): string | undefined {
  const prefix = `${server}/`.toLowerCase();
  const text = url?.toLowerCase() ?? "";
  if (!text.startsWith(prefix)) return undefined;
  const [owner = "", name = "", ...more] = text.slice(prefix.length).split("/");
  const isRepository =
    [owner, name].every((part) => /^(?!\.{1,2}$)[\w.-]+$/u.test(part)) && more.length === 0;
  return isRepository ? owner : undefined;
}
