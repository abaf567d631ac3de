import frames from 'rhea/lib/frames.js';
import { ACCEPTED } from '../amqp-error.js';
import type { SessionInternals } from '../rhea-internals.js';
import type { FrameWriter } from './frame-writer.js';

interface Settled {
  readonly id: number;
  readonly state: unknown;
}

/**
 * What the broker settled, told when the client pauses: neighbours that were accepted in one frame, everything else by
 * itself. (rhea merges neighbours without comparing the first two outcomes: a refused send beside an accepted one would
 * look accepted.)
 */
export class Dispositions {
  readonly #session: SessionInternals;
  readonly #writer: FrameWriter;
  readonly #receives: boolean;
  #settled: Settled[] = [];

  /** @param receives whether the deliveries come from the client */
  constructor(session: SessionInternals, writer: FrameWriter, receives: boolean) {
    this.#session = session;
    this.#writer = writer;
    this.#receives = receives;
  }

  add(delivery: Settled): void {
    this.#settled.push(delivery);
  }

  write(): void {
    const settled = this.#settled;
    if (settled.length === 0) return;
    this.#settled = [];
    for (let i = 0; i < settled.length; i++) {
      const first = settled[i] as Settled;
      if (first.state !== ACCEPTED) {
        this.#writeAlone(first);
        continue;
      }
      let last = first.id;
      while (settled[i + 1]?.state === ACCEPTED && settled[i + 1]?.id === last + 1) {
        last++;
        i++;
      }
      this.#writer.acceptance(this.#session.local.channel, this.#receives, first.id, last);
    }
  }

  #writeAlone({ id, state }: Settled): void {
    this.#session.output(frames.disposition({ role: this.#receives, first: id, last: id, state, settled: true }));
  }
}
