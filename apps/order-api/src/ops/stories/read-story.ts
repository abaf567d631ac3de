import type { SqlTransaction } from '@orderflow/messaging/postgres';
import { readOrder } from '../../orders/order-store.js';
import { readTimeline } from '../../timeline/timeline-store.js';
import type { OpsPlace } from '../ops-variables.js';
import type { AppOps } from '../workers/app-ops.js';
import type { Apps } from '../workers/apps.js';
import { type HandledBy, replacementOf, type StoryFacts } from './story-facts.js';
import { lanes, outside } from './story-lanes.js';
import { mostLetters, readLettersOf, readReplayed, readRestored, readUnindexed } from './story-store.js';

/** Messages that an app is asked about at a time: as many as it answers. */
const mostAsked = 1_000;

export interface StorySources {
  readonly database: SqlTransaction;
  readonly places: readonly OpsPlace[];
  readonly apps: Apps;
}

/** Finds what is known of an order: in this database, and at each app that may have handled a message of it. */
export async function readStory({ database, places, apps }: StorySources, orderId: string): Promise<StoryFacts> {
  const asOf = new Date().toISOString();
  const order = await readOrder(database, orderId);
  const messages = await readTimeline(database, orderId);
  const timelineIds = messages.flatMap(({ id, cause }) => (cause ? [id, cause.messageId] : [id]));
  const appOf = (queue: string) => apps.consumerOf(queue)?.name ?? queue;
  const found = await readLettersOf(database, { orderId, messageIds: [...new Set(timelineIds)] }, { places, appOf });
  const letters = found.slice(0, mostLetters);
  const replacements = letters.map(replacementOf).filter((id) => id !== undefined);
  const ids = [...new Set([...timelineIds, ...letters.map(({ messageId }) => messageId), ...replacements])];
  return {
    ...{ orderId, order, messages, letters, hasMoreLetters: found.length > mostLetters, asOf },
    replayed: await readReplayed(database, ids),
    restored: await readRestored(database, ids),
    unindexed: await readUnindexed(
      database,
      places.map(({ name }) => name),
    ),
    handled: new Map(await Promise.all(appsOf(apps).map(async ([name, app]) => [name, await ask(app, ids)] as const))),
  };
}

/** Every app of a story, also one that nobody has named. */
function appsOf(apps: Apps): readonly (readonly [string, AppOps | undefined])[] {
  const named = new Map(apps.all.map((app) => [app.name, app]));
  return lanes.filter((lane) => lane !== outside).map((lane) => [lane, named.get(lane)]);
}

async function ask(app: AppOps | undefined, ids: readonly string[]): Promise<HandledBy> {
  if (!app) return { unknown: 'OPS_WORKERS does not name where it answers.' };
  try {
    const handled = new Map<string, string>();
    for (let from = 0; from < ids.length; from += mostAsked) {
      const found = await app.handled(ids.slice(from, from + mostAsked));
      for (const { messageId, at } of found) handled.set(messageId, at.toISOString());
    }
    return handled;
  } catch (error) {
    return { unknown: (error as Error).message };
  }
}
