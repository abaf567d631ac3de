import type { HandledBy, ReplayedLetter, RestoredLetter, StoryFacts, StoryLetter } from './story-facts.js';
import { consumersOf, lanes, producerOf } from './story-lanes.js';
import { sortSteps } from './sort-steps.js';
import type { StoryEdge, StoryStep, StoryView } from './story-view.js';

/** A message of the order, as far as it is known. */
interface Known {
  readonly id: string;
  readonly type?: string;
  readonly time: string | null;
}

/** The clocks of two databases may differ by so much, in milliseconds. */
const clockSlackMs = 1_000;

interface Ending {
  readonly kind: StoryStep['kind'];
  /** Where whatever did it is found. */
  readonly list: string;
  /** Whether it was written down when it was done; else the index saw afterwards that the letter was gone. */
  readonly isByUs: boolean;
}

/** What becomes of a dead letter, by what the index says of it. */
const endings: Readonly<Record<string, Ending>> & { readonly taken: Ending } = {
  replayed: { kind: 'replayed', list: 'replays', isByUs: false },
  discarded: { kind: 'discarded', list: 'discards', isByUs: true },
  edited: { kind: 'edited', list: 'edits', isByUs: true },
  taken: { kind: 'taken', list: 'replays', isByUs: false },
};

/** Tells what happened to an order from what was found. Pure: a time that nobody has written down stays unknown. */
export function tellStory(facts: StoryFacts): Omit<StoryView, 'order'> {
  const telling = new Telling(facts);
  const { steps, edges, missing } = telling.tell();
  const why = [...new Set([...missing, ...missingOf(facts)])];
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

class Telling {
  readonly #facts: StoryFacts;
  readonly #known = new Map<string, Known>();
  readonly #steps = new Map<string, StoryStep>();
  readonly #edges: StoryEdge[] = [];
  readonly #missing: string[] = [];
  /** By message, with which attempt an app handled it: an event that this caused says so. */
  readonly #proofs = new Map<string, Map<string, number>>();

  constructor(facts: StoryFacts) {
    this.#facts = facts;
    for (const { id, type, time, cause } of facts.messages) {
      this.#known.set(id, { id, type, time });
      if (cause) this.#proofsOf(cause.messageId).set(producerOf(type), cause.attempt);
    }
    for (const { messageId: id, type } of facts.letters) {
      if (!this.#known.has(id)) this.#known.set(id, { id, ...(type !== '' && { type }), time: null });
    }
    for (const { cause } of facts.messages) {
      if (cause && !this.#known.has(cause.messageId)) {
        this.#known.set(cause.messageId, { id: cause.messageId, time: null });
      }
    }
  }

  tell() {
    for (const message of this.#known.values()) this.#tellMessage(message);
    for (const { id, type, cause } of this.#facts.messages) {
      if (cause) this.#edge(`handled ${producerOf(type)} ${cause.messageId}`, `sent ${id}`, 'caused');
    }
    return { steps: [...this.#steps.values()], edges: this.#edges, missing: this.#missing };
  }

  #proofsOf(id: string): Map<string, number> {
    const found = this.#proofs.get(id) ?? new Map<string, number>();
    this.#proofs.set(id, found);
    return found;
  }

  #tellMessage(message: Known): void {
    const { id, type, time } = message;
    this.#add({ id: `sent ${id}`, kind: 'sent', lane: producerOf(type), messageId: id, ...typed(type), time });
    if (type === undefined) {
      this.#missing.push(
        `Of message ${id}, which led to another one, only the id is known: it did not come through order-api.`,
      );
    }
    for (const app of this.#appsOf(message)) this.#tellConsumer(message, app);
  }

  /** Those that have to handle it, that have, and those that gave it up. */
  #appsOf({ id, type }: Known): ReadonlySet<string> {
    const gaveUp = this.#facts.letters.flatMap(({ messageId, app }) => (messageId === id ? [app] : []));
    return new Set([...consumersOf(type), ...this.#proofsOf(id).keys(), ...gaveUp]);
  }

  #tellConsumer(message: Known, app: string): void {
    const { id, type } = message;
    const origins = [`sent ${id}`];
    const letters = this.#facts.letters.filter((letter) => letter.messageId === id && letter.app === app);
    for (const letter of letters) {
      const from = origins.at(-1) ?? `sent ${id}`;
      const after = this.#tellLetter(letter, from);
      if (after !== undefined) origins.push(after);
    }
    const by = this.#facts.handled.get(app);
    const time = timeOf(by, id);
    const attempt = this.#proofsOf(id).get(app);
    const isRecorded = app === 'order-api' && this.#facts.messages.some((one) => one.id === id && one.cause);
    if (time !== undefined || attempt !== undefined || isRecorded) {
      this.#tellHandled({ id, app, ...typed(type) }, time ?? null, { attempt: attempt ?? 1, origins });
      return;
    }
    const isWaiting = letters.every(({ gone }) => gone) && by !== undefined && !('unknown' in by);
    if (isWaiting && consumersOf(type).includes(app)) this.#missing.push(this.#openOf(message, app));
  }

  #tellHandled(
    { id, app, type }: { readonly id: string; readonly app: string; readonly type?: string },
    time: string | null,
    { attempt, origins }: { readonly attempt: number; readonly origins: readonly string[] },
  ): void {
    const handled = `handled ${app} ${id}`;
    const origin = this.#originOf(origins, time);
    const about = { lane: app, messageId: id, ...typed(type) };
    this.#add({ ...about, id: handled, kind: 'handled', time });
    if (attempt === 1) return this.#edge(origin, handled, 'delivered');
    const failed = `failed ${app} ${id}`;
    const notAfter = time === null ? {} : { notAfter: time };
    this.#add({ ...about, id: failed, kind: 'failed', time: null, ...notAfter, attempts: attempt - 1 });
    this.#edge(origin, failed, 'delivered');
    this.#edge(failed, handled, 'delivered');
  }

  /** The last time that it was sent before it was handled. */
  #originOf(origins: readonly string[], time: string | null): string {
    const [first = '', ...later] = origins;
    if (time === null) return later.at(-1) ?? first;
    const latest = Date.parse(time) + clockSlackMs;
    const isBefore = (id: string): boolean => Date.parse(this.#steps.get(id)?.time ?? time) <= latest;
    return later.findLast(isBefore) ?? first;
  }

  /** The step with which a letter went back to its queue; undefined for one that lies where it was, or is gone for good. */
  #tellLetter(letter: StoryLetter, from: string): string | undefined {
    const { queue, place, messageId, type, app, reason, detail, attempt, enqueuedAt, indexedAt, firstFailure } = letter;
    const about = { lane: app, messageId, ...typed(type === '' ? undefined : type) };
    const dead = `dead ${queue} ${place}`;
    this.#add({
      ...about,
      ...{ id: dead, kind: 'dead-lettered', time: null, notBefore: enqueuedAt, notAfter: indexedAt, attempts: attempt },
      detail: [`${reason}: ${detail}`, ...(firstFailure === undefined ? [] : [`first: ${firstFailure}`])].join('; '),
      link: `/ops/queues/${encodeURIComponent(queue)}/dead-letters/${encodeURIComponent(place)}`,
    });
    this.#edge(from, dead, 'gave-up');
    return this.#tellOperations(letter, about);
  }

  #tellOperations(
    { queue, place, gone, indexedAt }: StoryLetter,
    about: Pick<StoryStep, 'lane' | 'messageId' | 'type'>,
  ): string | undefined {
    const dead = `dead ${queue} ${place}`;
    const isHere = (one: ReplayedLetter | RestoredLetter): boolean => one.queue === queue && one.place === place;
    const replayed = this.#facts.replayed.filter(isHere);
    for (const { replay, outcome, detail, sentAt } of replayed) {
      const id = `replayed ${replay} ${place}`;
      const more = { outcome, ...(detail !== undefined && { detail }), link: `/ops/replays/${replay}` };
      this.#add({ ...about, id, kind: 'replayed', time: sentAt, ...more });
      this.#edge(dead, id, 'operated');
    }
    const sent = replayed.findLast(({ outcome }) => outcome !== 'refused');
    if (sent) return `replayed ${sent.replay} ${place}`;
    if (!gone) return undefined;
    const { kind, list, isByUs } = endings[gone.outcome] ?? endings.taken;
    const id = `${kind} ${queue} ${place}`;
    const when = isByUs ? { time: gone.at } : { time: null, notBefore: indexedAt, notAfter: gone.at };
    this.#add({ ...about, id, kind, ...when, ...(gone.by !== undefined && { link: `/ops/${list}/${gone.by}` }) });
    this.#edge(dead, id, 'operated');
    return isByUs ? this.#tellRestored(this.#facts.restored.find(isHere), id, about) : id;
  }

  #tellRestored(
    restored: RestoredLetter | undefined,
    discarded: string,
    about: Pick<StoryStep, 'lane' | 'messageId' | 'type'>,
  ): string | undefined {
    if (!restored) return undefined;
    const id = `restored ${restored.queue} ${restored.place}`;
    this.#add({ ...about, id, kind: 'restored', time: null, link: `/ops/discards/${restored.discard}` });
    this.#edge(discarded, id, 'operated');
    return id;
  }

  #openOf({ id, type = '' }: Known, app: string): string {
    const { order, asOf } = this.#facts;
    const until = type === 'order.place' ? order?.scheduledFor : undefined;
    if (until !== undefined && until > asOf) return `${type} ${id} waits until ${until}.`;
    return `${type} ${id} is neither in the inbox of ${app} nor a dead letter by the index: it is on its way, was taken back, or was handled longer ago than inboxes remember.`;
  }

  #add(step: StoryStep): void {
    this.#steps.set(step.id, step);
  }

  #edge(from: string, to: string, kind: StoryEdge['kind']): void {
    this.#edges.push({ from, to, kind });
  }
}

function typed(type: string | undefined): { readonly type?: string } {
  return type === undefined ? {} : { type };
}

function timeOf(by: HandledBy | undefined, id: string): string | undefined {
  return by === undefined || 'unknown' in by ? undefined : by.get(id);
}
