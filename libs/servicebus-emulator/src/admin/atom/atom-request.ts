import type { BrokerCore } from '../../broker-core.js';
import type { FeedContext } from './feed.js';

/** A request to the management API. */
export interface AtomRequest {
  readonly method: string;
  /** Decoded, without the query. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly body: string;
  /** The client means to update what is there: `If-Match` was sent. */
  readonly update: boolean;
  /** The namespace's URL as the client reached it, such as `https://localhost:5300/`. */
  readonly base: string;
}

/** What the handlers of resources share. */
export interface AtomContext extends FeedContext {
  readonly core: BrokerCore;
  /** The namespace's name. */
  readonly name: string;
}
