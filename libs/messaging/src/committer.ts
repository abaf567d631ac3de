import type { AnySteps, PreparedMessage } from './steps.js';

/** A prepared message of any steps. */
export type AnyPrepared = PreparedMessage<unknown, unknown>;

/**
 * How steps commit what they prepared: all of it, inbox rows included, or nothing. What was handled before is left out. An
 * abort of `signal` gives it up.
 */
export interface Committer {
  alone(one: AnyPrepared, signal: AbortSignal): Promise<unknown>;
  /** For messages of different ids; absent where each has to be committed alone. */
  readonly together?: ((all: readonly AnyPrepared[], signal: AbortSignal) => Promise<void>) | undefined;
}

export function committerOf(steps: AnySteps<unknown>): Committer {
  const { consumer } = steps;
  if ('effectOf' in steps) {
    const { inbox } = steps;
    const together = async (all: readonly AnyPrepared[], signal: AbortSignal): Promise<void> =>
      inbox.onceManyWith(consumer, idsOf(all), steps.effectOf(all), { signal });
    return { alone: (one, signal) => together([one], signal), together };
  }
  const { inbox } = steps;
  const alone: Committer['alone'] = ({ prepared, message }, signal) =>
    inbox.once(consumer, message.id, (tx) => steps.commit(prepared, tx, message), { signal });
  if (steps.commitMany === undefined || inbox.onceMany === undefined) return { alone };
  return {
    alone,
    async together(all, signal) {
      const work = async (tx: unknown, unhandled: ReadonlySet<string>): Promise<void> =>
        steps.commitMany?.(
          all.filter(({ message }) => unhandled.has(message.id)),
          tx,
        );
      await inbox.onceMany?.(consumer, idsOf(all), work, { signal });
    },
  };
}

const idsOf = (all: readonly AnyPrepared[]): readonly string[] => all.map(({ message }) => message.id);
