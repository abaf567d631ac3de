import type { SqlTransaction } from '@orderflow/messaging/postgres';
import { readRecentAlerts } from '../alerts/alert-store.js';
import type { AlertView } from '../alerts/alert-view.js';
import { type AuditEntry, readAudit } from '../audit/audit-log.js';
import { readLatestGroups } from '../dead-letter-index/index-query.js';
import type { GroupView } from '../dead-letter-index/letter-view.js';
import { readMarkers } from '../markers/marker-store.js';
import type { MarkerView } from '../markers/marker-view.js';
import type { OpsPlace } from '../ops-variables.js';
import { readQueues } from '../queues/queue-store.js';
import type { KnownQueue } from '../queues/queue-view.js';
import { readReplays } from '../replays/replay-store.js';
import type { ReplayView } from '../replays/replay-view.js';
import { Changes } from './changes.js';
import type { EventTopic, OpsEvent } from './event-topics.js';

/** What differs from the look before. */
export interface Look {
  readonly events: readonly OpsEvent[];
  /** False when so much was new that some of it is not among the events. */
  readonly isWhole: boolean;
}

/** How much of each kind is looked at: what changed last. */
const most = { groups: 250, replays: 20, entries: 200 };

/**
 * Finds what changed by comparing what the database says with what it said before. So every replica tells everything,
 * whichever of them did it, and nobody who changes something has to think of telling.
 */
export class EventSource {
  readonly #database: SqlTransaction;
  readonly #places: readonly OpsPlace[];
  readonly #queues = new Changes<KnownQueue>(({ name }) => name, withoutTimes);
  readonly #groups = new Changes<GroupView>(({ id }) => id);
  readonly #replays = new Changes<ReplayView>(({ id }) => id);
  readonly #alerts = new Changes<AlertView>(
    ({ id }) => id,
    ({ lastSeen: _lastSeen, ...alert }) => alert,
  );
  readonly #markers = new Changes<MarkerView>(({ id }) => id);
  readonly #audit = new Changes<AuditEntry>(({ id }) => id);

  constructor(database: SqlTransaction, places: readonly OpsPlace[]) {
    this.#database = database;
    this.#places = places;
  }

  /** Everything that changed since the look before; nothing at the first. Rejects when the database does not answer. */
  async look(): Promise<Look> {
    const db = this.#database;
    const queues = this.#places.map(({ name }) => name);
    const markers = this.#markers.next((await readMarkers(db, { limit: most.entries })).items);
    const audit = this.#audit.next(await readAudit(db, { limit: most.entries }));
    const events = [
      ...together('queues', this.#queues.next(await readQueues(db, this.#places))),
      ...together('groups', this.#groups.next(await readLatestGroups(db, { queues, limit: most.groups }))),
      ...each('replay', this.#replays.next(await readReplays(db, most.replays))),
      ...each('alert', this.#alerts.next(await readRecentAlerts(db))),
      // Lists have the newest first; a stream has it last.
      ...each('marker', markers.toReversed()),
      ...each('audit', audit.toReversed()),
    ];
    return { events, isWhole: markers.length < most.entries && audit.length < most.entries };
  }
}

/** Counts that are as they were are no news, however fresh they are. */
function withoutTimes({
  counts,
  deadLetters: { indexedTo: _indexedTo, ...deadLetters },
  ...queue
}: KnownQueue): object {
  return { ...queue, deadLetters, counts: counts && { ...counts, asOf: undefined } };
}

function together(topic: EventTopic, items: readonly object[]): readonly OpsEvent[] {
  return items.length === 0 ? [] : [{ topic, data: { items } }];
}

function each(topic: EventTopic, items: readonly object[]): readonly OpsEvent[] {
  return items.map((data) => ({ topic, data }));
}
