import { GroupCommit } from './group-commit.js';
import type { Message } from './message.js';
import { classify } from './retry/classify.js';
import type { AnySteps, Judge } from './steps.js';
import type { Delivery } from './transport.js';

/** Steps are the same group for as long as they are the same object, whichever handler answers them. */
const groups = new WeakMap<AnySteps<unknown>, GroupCommit>();

function groupOf(steps: AnySteps<unknown>): GroupCommit {
  const group = groups.get(steps) ?? new GroupCommit(steps);
  groups.set(steps, group);
  return group;
}

/** The handler that runs the steps, one after the other. */
export function inSteps<T>(
  steps: AnySteps<T>,
): (message: Message<T>, delivery: Delivery, judge?: Judge) => Promise<void> {
  return async (message, delivery, judge = (error) => classify([], error)) => {
    const { signal } = delivery;
    const prepared: unknown = await steps.prepare(message, signal, delivery);
    await groupOf(steps as AnySteps<unknown>).commit({ prepared, message, signal, judge });
  };
}

/** Whether the effect of a message is there already, as far as the inbox of its steps knows. */
export function wasCommitted(
  { inbox, consumer }: Pick<AnySteps<unknown>, 'inbox' | 'consumer'>,
  { id }: Message,
): Promise<boolean> {
  return inbox.has?.(consumer, id) ?? Promise.resolve(false);
}
