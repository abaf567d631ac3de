import { type KnownMessage, KnownMessages } from './known-messages.js';
import { sortSteps } from './sort-steps.js';
import { StoryBoard } from './story-board.js';
import type { HandledBy, StoryFacts } from './story-facts.js';
import { lanes, producerOf } from './story-lanes.js';
import type { StoryView } from './story-view.js';
import { tellLetter } from './tell-letter.js';

/** The clocks of two databases may differ by so much, in milliseconds. */
const clockSlackMs = 1_000;

/** Tells what happened to an order from what was found. Pure: a time that nobody has written down stays unknown. */
export function tellStory(facts: StoryFacts): Omit<StoryView, 'order'> {
  const telling = new Telling(facts);
  const { steps, edges } = telling.tell();
  const why = [...new Set([...telling.missing, ...missingOf(facts)])];
  const used = new Set(steps.map(({ lane }) => lane));
  return {
    orderId: facts.orderId,
    status: facts.order?.status ?? null,
    lanes: [...lanes.filter((lane) => used.has(lane)), ...[...used].filter((lane) => !lanes.includes(lane as never))],
    steps: sortSteps(steps, edges),
    edges,
    complete: why.length === 0,
    why,
    asOf: facts.asOf,
  };
}

function missingOf({ handled, unindexed, hasMoreLetters, letters }: StoryFacts): readonly string[] {
  const apps = [...handled].flatMap(([app, by]) =>
    'unknown' in by ? [`What ${app} has handled is not known: ${by.unknown}`] : [],
  );
  const queues = unindexed.map((queue) => `Nobody has looked at the dead letters of ${queue} yet.`);
  return [...apps, ...queues, ...(hasMoreLetters ? [`It has more than ${letters.length} dead letters.`] : [])];
}

/** That an app has handled a message. */
interface Handled {
  readonly app: string;
  /** Null where its inbox does not say. */
  readonly time: string | null;
  /** With which it did. */
  readonly attempt: number;
  /** The steps with which its queue got the message, the first one first. */
  readonly origins: readonly string[];
}

class Telling {
  /** What cannot be told, for people. */
  readonly missing: string[] = [];
  readonly #facts: StoryFacts;
  readonly #known: KnownMessages;
  readonly #board = new StoryBoard();

  constructor(facts: StoryFacts) {
    this.#facts = facts;
    this.#known = new KnownMessages(facts);
  }

  tell(): StoryBoard {
    for (const message of this.#known.all) this.#tellMessage(message);
    for (const { id, type, cause } of this.#facts.messages) {
      if (cause) this.#board.edge(`handled ${producerOf(type)} ${cause.messageId}`, `sent ${id}`, 'caused');
    }
    return this.#board;
  }

  #tellMessage(message: KnownMessage): void {
    const { time } = message;
    const lane = this.#known.senderOf(message);
    this.#board.add({ id: `sent ${message.id}`, kind: 'sent', lane, ...aboutOf(message), time });
    if (message.type === undefined) {
      const detail = 'which led to another one, only the id is known: it did not come through order-api.';
      this.missing.push(`Of message ${message.id}, ${detail}`);
    }
    const gaveUp = this.#facts.letters.flatMap(({ messageId, app }) => (messageId === message.id ? [app] : []));
    const apps = [...this.#known.expectedOf(message), ...this.#known.provenOf(message), ...gaveUp];
    for (const app of new Set(apps)) this.#tellConsumer(message, app);
  }

  #tellConsumer(message: KnownMessage, app: string): void {
    const { id } = message;
    const { origins, isOnItsWay } = this.#tellLetters(message, app);
    const by = this.#facts.handled.get(app);
    const time = timeOf(by, id);
    const attempt = this.#known.provenAttempt(message, app);
    const isRecorded = app === 'order-api' && this.#facts.messages.some((one) => one.id === id && one.cause);
    if (time !== undefined || attempt !== undefined || isRecorded) {
      this.#tellHandled(message, { app, time: time ?? null, attempt: attempt ?? 1, origins });
      return;
    }
    const isKnown = by !== undefined && !('unknown' in by);
    const isOpen = isOnItsWay && isKnown && this.#known.expectedOf(message).includes(app);
    if (isOpen) this.missing.push(this.#openOf(message, app));
  }

  #tellLetters({ id }: KnownMessage, app: string) {
    const origins = [`sent ${id}`];
    let isOnItsWay = true;
    for (const letter of this.#facts.letters) {
      if (letter.messageId !== id || letter.app !== app) continue;
      const again = tellLetter(this.#board, this.#facts, letter, origins.at(-1) ?? `sent ${id}`);
      isOnItsWay = again !== undefined;
      if (again !== undefined) origins.push(again);
    }
    return { origins, isOnItsWay };
  }

  #tellHandled(message: KnownMessage, { app, time, attempt, origins }: Handled): void {
    const { id } = message;
    const handled = `handled ${app} ${id}`;
    const origin = this.#originOf(origins, time);
    const about = { lane: app, ...aboutOf(message) };
    this.#board.add({ ...about, id: handled, kind: 'handled', time });
    if (attempt === 1) return this.#board.edge(origin, handled, 'delivered');
    const failed = `failed ${app} ${id}`;
    const notAfter = time === null ? {} : { notAfter: time };
    this.#board.add({ ...about, id: failed, kind: 'failed', time: null, ...notAfter, attempts: attempt - 1 });
    this.#board.edge(origin, failed, 'delivered');
    this.#board.edge(failed, handled, 'delivered');
  }

  /** The last time that its queue got it before it was handled. */
  #originOf([first = '', ...later]: readonly string[], time: string | null): string {
    if (time === null) return later.at(-1) ?? first;
    const latest = Date.parse(time) + clockSlackMs;
    const isBefore = (id: string): boolean => Date.parse(this.#board.find(id)?.time ?? time) <= latest;
    return later.findLast(isBefore) ?? first;
  }

  #openOf({ id, type = '' }: KnownMessage, app: string): string {
    const { order, asOf } = this.#facts;
    const until = type === 'order.place' ? order?.scheduledFor : undefined;
    if (until !== undefined && until > asOf) return `${type} ${id} waits until ${until}.`;
    return `${type} ${id} is neither in the inbox of ${app} nor a dead letter by the index: it is on its way, was taken back, or was handled longer ago than inboxes remember.`;
  }
}

/** What a step says of its message. */
function aboutOf({ id, type }: KnownMessage): { readonly messageId: string; readonly type?: string } {
  return { messageId: id, ...(type !== undefined && { type }) };
}

function timeOf(by: HandledBy | undefined, id: string): string | undefined {
  return by === undefined || 'unknown' in by ? undefined : by.get(id);
}
