import { randomUUID } from 'node:crypto';
import { type Envelope, type Transport, TransportError } from '@orderflow/messaging';
import { HeldTexts } from './held-texts.js';
import type { LabBatch, LabQueue, ReceiveOptions } from './lab-queue.js';

/** The most that a look takes and hands back, on a broker that shows nothing without taking it. */
const mostTaken = 1_000;
/** After how long without another message such a look has seen all, in ms. */
const lookMs = 500;

/** The lab queue over any broker. Bodies are taken as bytes: the lab has no format. */
export class TransportLabQueue implements LabQueue {
  readonly #transport: Transport;
  readonly #queue: string;

  /** @param transport closed by {@link close} */
  constructor(transport: Transport, queue: string) {
    this.#transport = transport;
    this.#queue = queue;
  }

  async send(text: string): Promise<void> {
    await this.#transport.send([{ to: { queue: this.#queue }, envelope: envelopeOf(text) }]);
  }

  async receive({ max, ...options }: ReceiveOptions): Promise<LabBatch> {
    const held = new HeldTexts(max);
    const subscription = await this.#transport.subscribe(this.#queue, held.hold, {
      concurrency: max,
      onError: held.failed,
    });
    const { state, detail = 'The broker cannot be reached.' } = subscription.health();
    if (state === 'connecting') {
      // It would go on trying; somebody waits for the answer.
      await subscription.stop();
      throw held.cause ?? new TransportError('Unreachable', detail, true);
    }
    await held.collect(options);
    await subscription.setConcurrency(0);
    return held.batch(subscription);
  }

  async peek({ max }: { readonly max: number }): Promise<readonly string[]> {
    const look = this.#transport.inspection?.peek?.bind(this.#transport.inspection);
    if (look !== undefined) return (await look(this.#queue, max)).map(textOf);
    // All of them, so that they keep their order: what is handed back goes to the end on such a broker.
    const batch = await this.receive({ idleTimeoutMs: lookMs, max: mostTaken, signal: new AbortController().signal });
    await batch.release();
    return batch.texts.slice(0, max);
  }

  async close(): Promise<void> {
    await this.#transport.close();
  }
}

function envelopeOf(text: string): Envelope {
  return {
    id: randomUUID(),
    type: 'lab.text',
    version: 0,
    source: '/order-api/lab',
    time: new Date().toISOString(),
    contentType: 'text/plain; charset=utf-8',
    headers: {},
    body: Buffer.from(text),
  };
}

function textOf({ body }: Envelope): string {
  return Buffer.from(body).toString('utf8');
}
