import type { Described } from '../codec/value.js';
import type { ErrorDraft } from './errors.js';
import type { LinkNames } from './link-names.js';
import type { Link, Listener, Session } from './listener.js';
import type { Usage } from './usage.js';

/** What a link needs of its session. */
export interface LinkPort extends Session {
  readonly listener: Listener;
  readonly usage: Usage;
  readonly names: LinkNames;
  write(body: Described): void;
  writeLinkFlow(handle: number, deliveryCount: number, linkCredit: number, drain: boolean): void;
  /** The link is over, by whichever side. */
  linkEnded(link: Link, closed: boolean, error: ErrorDraft | undefined): void;
}
