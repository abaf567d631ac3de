import type { QueueInspection } from '@orderflow/messaging';

/** How many messages a queue holds. */
export interface QueueCount {
  /** Waiting, and in work where the broker counts that, without those that are scheduled for later: what KEDA scales on. */
  readonly active: number;
  readonly deadLetter: number;
}

/** Counts of several queues at once. */
export class QueueCounts {
  readonly #inspection: QueueInspection;

  constructor(inspection: QueueInspection) {
    this.#inspection = inspection;
  }

  /** By queue. Rejects when one cannot be read. */
  async read(queues: readonly string[], signal?: AbortSignal): Promise<ReadonlyMap<string, QueueCount>> {
    const counts = queues.map(async (queue): Promise<[string, QueueCount]> => {
      const { active, deadLetters } = await this.#inspection.counts(queue, { signal });
      return [queue, { active, deadLetter: deadLetters }];
    });
    return new Map(await Promise.all(counts));
  }
}
