import type { AuthorizationTarget } from "@blob/auth";
import type { Queues } from "@blob/core/concurrency";
import { createQueues } from "@blob/core/concurrency";
import type { Handler } from "./handler.js";
import type { RetryPolicy } from "./retry.js";

/** A registry's API and how it is reached: shared by all parts of the HTTP client. */
export interface Endpoint {
  /** The host as references name it: `docker.io`, not `registry-1.docker.io`. */
  readonly host: string;
  /** The origin of the API, which may be on another host than `host`. Its scheme may change once: see `createWay`. */
  readonly origin: string;
  readonly send: Handler;
  readonly retryPolicy: RetryPolicy;
  /** Serialize work of this client that must not be done twice at the same time. */
  readonly queues: Queues;
  /** A URL below `/v2/<repository>/`. The name must have been checked: it is not escaped. */
  url(repository: string, rest: string): URL;
  /** The credentials for some actions on a repository. */
  auth(repository: string, actions: RepositoryActions, alsoPull?: string): AuthorizationTarget;
}

/** The actions of a token's scope, in the order that registries expect. */
export type RepositoryActions = "pull" | "pull,push" | "delete";

export interface EndpointOptions {
  readonly origin: () => string;
  readonly send: Handler;
  readonly retryPolicy: RetryPolicy;
  /** The registry that is meant, for mirrors of several: `ns` in the query of each request. */
  readonly namespace?: string | undefined;
}

export function createEndpoint(host: string, options: EndpointOptions): Endpoint {
  const { origin, namespace } = options;
  return {
    host,
    get origin() {
      return origin();
    },
    send: options.send,
    retryPolicy: options.retryPolicy,
    queues: createQueues(),
    url(repository, rest) {
      const url = new URL(`/v2/${repository}/${rest}`, origin());
      if (namespace !== undefined) url.searchParams.set("ns", namespace);
      return url;
    },
    auth: (repository, actions, alsoPull) => ({
      origin: origin(),
      host,
      repository,
      scopes: [
        `repository:${repository}:${actions}`,
        ...(alsoPull === undefined ? [] : [`repository:${alsoPull}:pull`]),
      ],
    }),
  };
}
