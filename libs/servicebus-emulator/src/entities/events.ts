import type { Rule } from '../rules/rule.js';
import type { MessageContent, StoredMessage } from '../message.js';
import type { QueueOptions, SubscriptionOptions, TopicOptions } from './options.js';

/** An entity as it was created: everything needed to create it again. */
export type EntityDescription =
  | { readonly kind: 'queue'; readonly path: string; readonly options: QueueOptions }
  | { readonly kind: 'topic'; readonly path: string; readonly options: TopicOptions }
  | { readonly kind: 'subscription'; readonly path: string; readonly options: SubscriptionOptions };

/**
 * What a broker must remember, in the order in which it happened; applying all of it gives the same namespace.
 *
 * `path` names an entity as a client would: `orders`, `events/Subscriptions/billing`, `orders/$DeadLetterQueue`,
 * `orders/$Transfer/$DeadLetterQueue`. Times are ms since 1970.
 *
 * Locks are not remembered. They belong to connections, which do not survive the broker either: after a restart a
 * locked message is available again, and its delivery count has not grown, because its consumer did not fail.
 */
export type BrokerEvent =
  /** Several events of which all or none happened: a batch, a message in several subscriptions, a move. */
  { readonly type: 'group'; readonly events: readonly SingleEvent[] } | SingleEvent;

export type SingleEvent =
  | { readonly type: 'entity-created'; readonly entity: EntityDescription; readonly at: number }
  | { readonly type: 'entity-updated'; readonly entity: EntityDescription; readonly at: number }
  /** With its messages, its dead letters, and the subscriptions of a topic. */
  | { readonly type: 'entity-deleted'; readonly path: string; readonly at: number }
  | { readonly type: 'rule-added'; readonly path: string; readonly rule: Rule; readonly at: number }
  | { readonly type: 'rule-removed'; readonly path: string; readonly name: string; readonly at: number }
  /**
   * A message came to be here, in any state (a snapshot tells all messages like this). Events of one group often share
   * one {@link MessageContent} object (a topic's subscriptions): worth writing once.
   */
  | { readonly type: 'enqueued'; readonly path: string; readonly message: StoredMessage }
  /** A message is no longer here: completed, cancelled, expired, received and deleted, forwarded, dead-lettered. */
  | { readonly type: 'removed'; readonly path: string; readonly sequenceNumber: number }
  /** A scheduled message's time came: it has a new sequence number and is active. */
  | {
      readonly type: 'activated';
      readonly path: string;
      readonly scheduledAs: number;
      readonly sequenceNumber: number;
      readonly at: number;
      readonly expiresAt: number | undefined;
    }
  /** A message was abandoned, lost its lock or was deferred; `content` when properties were modified with it. */
  | {
      readonly type: 'changed';
      readonly path: string;
      readonly sequenceNumber: number;
      readonly deliveryCount: number;
      readonly state: 'active' | 'deferred';
      readonly content: MessageContent | undefined;
    }
  /** Sequence numbers up to `last` are used, although no message here shows it. */
  | { readonly type: 'sequence-used'; readonly path: string; readonly last: number }
  /** Duplicate detection saw `key` (the message id, with the partition key where the entity is partitioned). */
  | { readonly type: 'message-id-seen'; readonly path: string; readonly key: string; readonly at: number }
  /** `key` was seen with a message that could not be accepted in the end: it counts as not seen. */
  | { readonly type: 'message-id-forgotten'; readonly path: string; readonly key: string }
  /** A session's state was set; `state` undefined clears it. */
  | {
      readonly type: 'session-state-set';
      readonly path: string;
      readonly sessionId: string;
      readonly state: Buffer | undefined;
      readonly at: number;
    };

/**
 * Where a namespace's events go. Without durability nowhere.
 *
 * The broker acknowledges a transfer or a settlement only after `flushed()` resolved.
 */
export interface Recorder {
  /**
   * Takes an event, in order. What the event points at may change as soon as this returns: encode it now. A group is
   * one record: after a crash all of it is there or none.
   * @throws StoreFullError when the disk is known to be full and the event adds a message or an entity; nothing is recorded then
   */
  record(event: BrokerEvent): void;
  /**
   * Resolves when everything recorded so far is as durable as the recorder was set up to make it. Calls at the same
   * time share one write and one sync.
   * @throws StoreFullError, or whatever kept the events from being written
   */
  flushed(): Promise<void>;
}

/** The disk is full: sends are refused with QuotaExceeded, receives go on. */
export class StoreFullError extends Error {
  override readonly name = 'StoreFullError';
}

/** For a namespace that lives in memory only. */
export const RECORD_NOTHING: Recorder = Object.freeze({
  record: () => undefined,
  flushed: () => Promise.resolve(),
});
