import type { ServiceBusClient, ServiceBusReceivedMessage, ServiceBusReceiver } from '@azure/service-bus';
import type { LabBatch, LabQueue, ReceiveOptions } from './lab-queue.js';

/** Messages asked for in one step. */
const stepSize = 100;
/** How long one step waits at most, in ms: how soon an aborted request is noticed. */
const stepMs = 1_000;
/** How long locks are renewed, in ms; longer than any `/receive` takes. */
const holdMs = 600_000;

/** The lab queue over the Service Bus SDK. Bodies are taken as bytes: the lab has no format. */
export class ServiceBusLabQueue implements LabQueue {
  readonly #client: ServiceBusClient;
  readonly #queue: string;

  /** @param client closed by {@link close} */
  constructor(client: ServiceBusClient, queue: string) {
    this.#client = client;
    this.#queue = queue;
  }

  async send(text: string): Promise<void> {
    const sender = this.#client.createSender(this.#queue);
    try {
      await sender.sendMessages({ body: Buffer.from(text), contentType: 'text/plain; charset=utf-8' });
    } finally {
      await sender.close();
    }
  }

  async receive(options: ReceiveOptions): Promise<LabBatch> {
    const receiver = this.#createReceiver();
    const held: ServiceBusReceivedMessage[] = [];
    try {
      await collect(receiver, options, held);
    } catch (error) {
      // Where handing back fails as well, the locks expire by themselves.
      await Promise.allSettled(held.map((message) => receiver.abandonMessage(message)));
      await receiver.close();
      throw error;
    }
    return new ServiceBusLabBatch(receiver, held);
  }

  async peek({ max }: { readonly max: number }): Promise<readonly string[]> {
    const receiver = this.#createReceiver();
    try {
      return (await receiver.peekMessages(max)).map(textOf);
    } finally {
      await receiver.close();
    }
  }

  async close(): Promise<void> {
    await this.#client.close();
  }

  #createReceiver(): ServiceBusReceiver {
    return this.#client.createReceiver(this.#queue, {
      receiveMode: 'peekLock',
      skipParsingBodyAsJson: true,
      maxAutoLockRenewalDurationInMs: holdMs,
    });
  }
}

class ServiceBusLabBatch implements LabBatch {
  readonly texts: readonly string[];
  readonly #receiver: ServiceBusReceiver;
  readonly #messages: readonly ServiceBusReceivedMessage[];

  constructor(receiver: ServiceBusReceiver, messages: readonly ServiceBusReceivedMessage[]) {
    this.#receiver = receiver;
    this.#messages = messages;
    this.texts = messages.map(textOf);
  }

  complete(): Promise<void> {
    return this.#settle((message) => this.#receiver.completeMessage(message));
  }

  release(): Promise<void> {
    return this.#settle((message) => this.#receiver.abandonMessage(message));
  }

  /** Tries every message, then closes, then throws what failed. */
  async #settle(settle: (message: ServiceBusReceivedMessage) => Promise<void>): Promise<void> {
    const results = await Promise.allSettled(this.#messages.map(settle));
    await this.#receiver.close();
    const errors = results.flatMap((result) => (result.status === 'rejected' ? [result.reason as unknown] : []));
    if (errors.length > 0) {
      throw new AggregateError(errors, `${errors.length} of ${results.length} lab messages were not settled`);
    }
  }
}

/** In short steps rather than with an abort signal: a receive that is aborted can leave messages locked to nobody. */
async function collect(
  receiver: ServiceBusReceiver,
  { idleTimeoutMs, max, signal }: ReceiveOptions,
  held: ServiceBusReceivedMessage[],
): Promise<void> {
  let idleMs = 0;
  while (held.length < max && idleMs < idleTimeoutMs && !signal.aborted) {
    const waitMs = Math.min(stepMs, idleTimeoutMs - idleMs);
    const received = await receiver.receiveMessages(Math.min(stepSize, max - held.length), { maxWaitTimeInMs: waitMs });
    held.push(...received);
    idleMs = received.length > 0 ? 0 : idleMs + waitMs;
  }
}

/** What was sent, as text; other producers may send a value instead of bytes. */
function textOf({ body }: { readonly body?: unknown }): string {
  if (body instanceof Uint8Array) return Buffer.from(body).toString('utf8');
  return typeof body === 'string' ? body : JSON.stringify(body);
}
