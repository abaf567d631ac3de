/** What the monitor tells of a queue. */
export const queueKinds = [
  /** Nobody knows how the queue is: the broker does not answer, or does not let this service look. */
  'unwatched',
  /** More dead letters than may be. */
  'dead-letters',
  /** They become more too fast. */
  'dead-letter-growth',
  /** One has been there for long. */
  'dead-letter-age',
  /** More messages wait than may be. */
  'backlog',
] as const;

/** What it tells of the consumer of a queue. */
export const workerKinds = [
  /** It does not answer. */
  'worker-silent',
  /** Messages wait in its outbox for long. */
  'outbox-age',
  /** Its outbox set messages aside. */
  'outbox-set-aside',
  /** Its outbox holds ordering keys. */
  'outbox-held',
  /** It does not consume the queue. */
  'paused',
] as const;

export const alertKinds = [...queueKinds, ...workerKinds] as const;
export type AlertKind = (typeof alertKinds)[number];

/** A value beside what it may be. */
export interface Finding {
  readonly queue: string;
  readonly kind: AlertKind;
  /** Undefined where nobody knows: an open alert stays open. */
  readonly value: number | undefined;
  /** An alert is open while the value is above. */
  readonly threshold: number;
  /** For people. */
  readonly detail: string;
}
