import type { ManualPauses } from '@orderflow/messaging/postgres';
import type { Consumer } from '@orderflow/messaging';
import { repeatEvery } from '../repeat-every.js';

/** How long a pause takes at most to reach every replica, in ms. */
const LOOK_EVERY_MS = 2_000;

export interface ManualPauseOptions {
  readonly pauses: ManualPauses;
  readonly queue: string;
  /** Whoever consumes for it. */
  readonly consumer: Pick<Consumer, 'pause' | 'resume'>;
  /** Called when the database does not answer; what was known last goes on to hold. */
  readonly onError: (error: unknown) => void;
  /** 2,000 ms by default. */
  readonly everyMs?: number;
}

/** Keeps a consumer to what the database says about its queue. Looks once at once; returns how to stop. */
export async function watchManualPause(options: ManualPauseOptions): Promise<() => Promise<void>> {
  const { onError, everyMs = LOOK_EVERY_MS } = options;
  const work = (): Promise<void> => look(options);
  await work().catch(onError);
  return repeatEvery({ everyMs, work, onError });
}

async function look({ pauses, queue, consumer }: ManualPauseOptions): Promise<void> {
  const pause = await pauses.find(queue);
  if (pause) consumer.pause(pause.reason);
  else consumer.resume();
}
