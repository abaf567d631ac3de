import { sizeOf, type MessageContent } from '../message.js';
import type { QueuedMessage } from './queued-message.js';
import { SequenceMap } from './sequence-map.js';
import type { Session } from './session.js';
import type { SessionTable } from './session-table.js';

/** How many messages are in which state, and their bytes. */
export interface QueueCounts {
  readonly active: number;
  readonly deferred: number;
  readonly scheduled: number;
  readonly bytes: number;
}

/**
 * Which messages are in a queue, in order, and which of them can be handed out; in a queue with sessions the latter are
 * kept by session. It knows neither locks nor time. Every operation is O(log n) at most.
 */
export class QueueContents {
  readonly #sessions: SessionTable | undefined;
  #messages = new SequenceMap<QueuedMessage>();
  #ready = new SequenceMap<QueuedMessage>();
  #count = { active: 0, deferred: 0, scheduled: 0 };
  #bytes = 0;

  constructor(sessions: SessionTable | undefined) {
    this.#sessions = sessions;
  }

  get counts(): QueueCounts {
    return { ...this.#count, bytes: this.#bytes };
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Whether a message outside any session is available. */
  get hasReady(): boolean {
    return this.#ready.size > 0;
  }

  find(sequenceNumber: number): QueuedMessage | undefined {
    return this.#messages.get(sequenceNumber);
  }

  /** The messages from a sequence number on, in any state and in order; of one session when `sessionId` is given. */
  from(sequenceNumber: number, sessionId?: string): Iterable<QueuedMessage> {
    if (sessionId === undefined) return this.#messages.from(sequenceNumber);
    if (this.#sessions) return this.#sessions.get(sessionId)?.all.from(sequenceNumber) ?? [];
    return filter(this.#messages.from(sequenceNumber), (message) => message.sessionId === sessionId);
  }

  /** The session of a message; undefined where sessions are not required. */
  sessionOf(message: QueuedMessage): Session | undefined {
    return message.sessionId === undefined ? undefined : this.#sessions?.get(message.sessionId);
  }

  /** Adds a message that is not available yet. */
  add(message: QueuedMessage): void {
    this.#messages.set(message.sequenceNumber, message);
    this.#count[message.state]++;
    this.#bytes += sizeOf(message.content);
    if (message.sessionId !== undefined) this.#sessions?.of(message.sessionId).all.set(message.sequenceNumber, message);
  }

  delete(message: QueuedMessage): void {
    this.removeFromReady(message);
    this.#messages.delete(message.sequenceNumber);
    this.#count[message.state]--;
    this.#bytes -= sizeOf(message.content);
    const session = this.sessionOf(message);
    if (!session) return;
    session.unsettled.delete(message);
    session.all.delete(message.sequenceNumber);
    this.#sessions?.removeIfEmpty(session);
  }

  clear(): void {
    this.#messages = new SequenceMap();
    this.#ready = new SequenceMap();
    this.#count = { active: 0, deferred: 0, scheduled: 0 };
    this.#bytes = 0;
    this.#sessions?.delete();
  }

  /** Sets a message aside: it is not handed out again. */
  defer(message: QueuedMessage): void {
    this.#count[message.state]--;
    message.state = 'deferred';
    this.#count.deferred++;
  }

  replaceContent(message: QueuedMessage, content: MessageContent): void {
    this.#bytes += sizeOf(content) - sizeOf(message.content);
    message.content = content;
  }

  /** The first available message, of `session` where sessions are required. */
  firstReady(session: Session | undefined): QueuedMessage | undefined {
    return (session ?? { ready: this.#ready }).ready.first();
  }

  /** The first available messages outside any session, at most `limit`. */
  ready(limit: number): readonly QueuedMessage[] {
    const found: QueuedMessage[] = [];
    for (const message of this.#ready.from(0)) {
      if (found.length === limit) break;
      found.push(message);
    }
    return found;
  }

  /** @returns the session the message is now available in, if any */
  addToReady(message: QueuedMessage): Session | undefined {
    const session = this.sessionOf(message);
    (session ?? { ready: this.#ready }).ready.set(message.sequenceNumber, message);
    return session;
  }

  removeFromReady(message: QueuedMessage): void {
    (this.sessionOf(message) ?? { ready: this.#ready }).ready.delete(message.sequenceNumber);
  }
}

function* filter(
  messages: Iterable<QueuedMessage>,
  keep: (message: QueuedMessage) => boolean,
): Generator<QueuedMessage> {
  for (const message of messages) if (keep(message)) yield message;
}
