import { type Effect, outboxInsert } from './outbox-rows.js';

/** Effects that are remembered at most: a program that writes its values into their texts has any number. */
const MOST_EFFECTS = 100;

interface Remembered {
  readonly text: string;
  readonly parameters: number;
  readonly messageIds: string | undefined;
}

/**
 * The statements that write an effect and messages. That of an effect which comes again and again is put together once: to
 * make and to compare its text costs as much as to make its values.
 */
export class EffectStatements {
  readonly #remembered = new Map<string, Remembered>();

  /** Its first parameters are the values of the effect, and the messages' are the next. */
  textOf({ text: effect, values: { length: parameters }, messageIds }: Effect): string {
    const known = this.#remembered.get(effect);
    if (known?.parameters === parameters && known.messageIds === messageIds) return known.text;
    const text = `WITH ${effect} ${outboxInsert(parameters + 1, messageIds)}`;
    if (this.#remembered.size < MOST_EFFECTS) this.#remembered.set(effect, { text, parameters, messageIds });
    return text;
  }
}
