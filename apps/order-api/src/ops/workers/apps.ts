import { type MessagingResources, orderedQueue, Problem, type TokenSource } from '@orderflow/service-kit';
import { appNameOf } from './app-names.js';
import type { AppOps } from './app-ops.js';
import { OwnApp } from './own-app.js';
import { RemoteApp } from './remote-app.js';
import { WorkerHttp } from './worker-http.js';

export interface AppsOptions {
  /** Of this service; it consumes `order-status`. */
  readonly own: MessagingResources;
  /** Where the consumers of the other queues answer. */
  readonly workers: ReadonlyMap<string, string>;
  /** For the workers; absent where no tokens are asked for. */
  readonly token: TokenSource | undefined;
}

/** The apps that consume queues, as far as this service is told where they are. */
export class Apps {
  /** This service, then each other app once. */
  readonly all: readonly AppOps[];
  readonly #byQueue: ReadonlyMap<string, AppOps>;

  constructor({ own, workers, token }: AppsOptions) {
    const ownApp = new OwnApp(own);
    const remote = new Map<string, RemoteApp>();
    for (const [queue, url] of workers) {
      remote.set(queue, new RemoteApp(new WorkerHttp({ name: appNameOf(queue, url), url, token })));
    }
    const ownQueues = ['order-status', orderedQueue('order-status'), own.queue];
    this.#byQueue = new Map<string, AppOps>([...remote, ...ownQueues.map((queue) => [queue, ownApp] as const)]);
    // A worker with two queues, one of them with sessions, is one app.
    this.all = [...new Map([ownApp, ...this.#byQueue.values()].map((app) => [app.name, app])).values()];
  }

  /** Undefined for a queue whose consumer nobody has named. */
  consumerOf(queue: string): AppOps | undefined {
    return this.#byQueue.get(queue);
  }

  /** @throws Problem 404 for a queue whose consumer nobody has named */
  requireConsumer(queue: string): AppOps {
    const app = this.consumerOf(queue);
    if (app) return app;
    const detail = `No consumer of "${queue}" is known here. OPS_WORKERS names those of: ${[...this.#byQueue.keys()].join(', ')}.`;
    throw new Problem(404, 'consumer-not-found', detail);
  }

  /** @throws Problem 404 for one that nobody has named */
  find(name: string): AppOps {
    const app = this.all.find((one) => one.name === name);
    if (app) return app;
    const known = this.all.map((one) => one.name).join(', ');
    throw new Problem(404, 'app-not-found', `There is no app "${name.slice(0, 100)}" here. There are: ${known}.`);
  }
}
