/** What a stream can tell of. */
export const eventTopics = [
  /** Queues whose counts changed: `{items}`. */
  'queues',
  /** Groups of dead letters that changed: `{items}`. */
  'groups',
  /** A replay that went on. */
  'replay',
  /** An alert that began, changed or ended. */
  'alert',
  'marker',
  /** An entry of the audit log. */
  'audit',
] as const;
export type EventTopic = (typeof eventTopics)[number];

/** One thing that changed. */
export interface OpsEvent {
  readonly topic: EventTopic;
  readonly data: object;
}
