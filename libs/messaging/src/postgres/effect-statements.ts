/** Effects that are remembered at most: a program that writes its values into their texts has any number. */
const MOST_EFFECTS = 100;

/** An effect as a statement is made of it. */
export interface EffectParts {
  readonly text: string;
  /** How many it has, from `$1`. */
  readonly parameters: number;
  /** A query for the ids of the messages that are written with it. */
  readonly messageIds?: string | undefined;
}

interface Remembered extends EffectParts {
  readonly statement: string;
}

/**
 * Statements around an effect. That of an effect which comes again and again is put together once: to make and to compare its
 * text costs as much as to make its values.
 */
export class EffectStatements {
  readonly #make: (effect: EffectParts) => string;
  readonly #remembered = new Map<string, Remembered>();

  /** @param make what throws is not remembered */
  constructor(make: (effect: EffectParts) => string) {
    this.#make = make;
  }

  /** The text of the effect's statement. */
  of(effect: EffectParts): string {
    const { text, parameters, messageIds } = effect;
    const known = this.#remembered.get(text);
    if (known?.parameters === parameters && known.messageIds === messageIds) return known.statement;
    const statement = this.#make(effect);
    if (this.#remembered.size < MOST_EFFECTS) this.#remembered.set(text, { text, parameters, messageIds, statement });
    return statement;
  }
}
