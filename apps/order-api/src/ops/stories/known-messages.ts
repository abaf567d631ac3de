import { replacementOf, type StoryFacts, type StoryLetter } from './story-facts.js';
import { consumersOf, producerOf } from './story-lanes.js';

/** A message of the order, as far as it is known. */
export interface KnownMessage {
  readonly id: string;
  /** Absent where only the id is known. */
  readonly type?: string;
  /** When it was sent, as it says itself; null where nobody here has seen it. */
  readonly time: string | null;
}

/** The messages of an order: of its timeline, those that led to them, its dead letters, and what was sent in their place. */
export class KnownMessages {
  readonly #messages = new Map<string, KnownMessage>();
  /** By message, with which attempt an app handled it: an event that this caused says so. */
  readonly #proofs = new Map<string, Map<string, number>>();
  /** By message that was sent in place of a letter, the one app that got it. */
  readonly #replacements = new Map<string, string>();

  constructor({ messages, letters }: Pick<StoryFacts, 'messages' | 'letters'>) {
    for (const { id, type, time } of messages) this.#learn({ id, type, time });
    for (const letter of letters) this.#learnOf(letter);
    for (const { type, cause } of messages) {
      if (!cause) continue;
      this.#learn({ id: cause.messageId, time: null });
      const proofs = this.#proofs.get(cause.messageId) ?? new Map<string, number>();
      this.#proofs.set(cause.messageId, proofs.set(producerOf(type), cause.attempt));
    }
  }

  get all(): readonly KnownMessage[] {
    return [...this.#messages.values()];
  }

  /** What replaces a letter is sent by whoever edits it: the ops module. */
  senderOf({ id, type }: KnownMessage): string {
    return this.#replacements.has(id) ? 'order-api' : producerOf(type);
  }

  /** Which apps have to handle it. */
  expectedOf({ id, type }: KnownMessage): readonly string[] {
    const only = this.#replacements.get(id);
    return only === undefined ? consumersOf(type) : [only];
  }

  /** The attempt with which an app handled it; undefined where no event proves that it has. */
  provenAttempt({ id }: KnownMessage, app: string): number | undefined {
    return this.#proofs.get(id)?.get(app);
  }

  /** Apps that are proven to have handled it. */
  provenOf({ id }: KnownMessage): readonly string[] {
    return [...(this.#proofs.get(id)?.keys() ?? [])];
  }

  #learn(message: KnownMessage): void {
    if (!this.#messages.has(message.id)) this.#messages.set(message.id, message);
  }

  #learnOf(letter: StoryLetter): void {
    const about = { ...(letter.type !== '' && { type: letter.type }), time: null };
    this.#learn({ id: letter.messageId, ...about });
    const replacement = replacementOf(letter);
    if (replacement === undefined) return;
    this.#learn({ id: replacement, ...about });
    this.#replacements.set(replacement, letter.app);
  }
}
