import type { Delivery, DeliveryState } from '@orderflow/amqp';
import type { Entity } from '../entities/entity.js';

/** What is behind a client's link. */
export interface Attached {
  /** Undefined for a link that belongs to no entity. */
  readonly entity: Entity | undefined;
  /** Answers the attach, now or later. */
  open(): void;
  /** The link is gone, by whichever side. Once, and the last of all. */
  closed(): void;
  /** A message came from the client. */
  take?(delivery: Delivery): void;
  /** The client has room for messages. */
  sendable?(): void;
  /** The client wants its credit used up. */
  drain?(): void;
}

/** Something that a client was given and says something about. */
export interface Answerable {
  settled(state: DeliveryState | undefined): void;
}
