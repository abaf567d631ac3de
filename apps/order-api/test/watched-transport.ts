import type { ScheduledMessage, Transport } from '@orderflow/messaging';
import type { AzureServiceBusTransport } from '@orderflow/messaging/azure-service-bus';

/** What a test hears of, and holds up, between the service and its broker. */
export class WatchedTransport implements Transport {
  readonly #inner: AzureServiceBusTransport;
  readonly #waiters: (() => void)[] = [];
  readonly cancelled: Promise<boolean>[] = [];
  readonly #scheduled = new Set<string>();
  /** What a send waits for before it leaves. */
  gate: Promise<void> = Promise.resolve();
  failure: Error | undefined;

  constructor(inner: AzureServiceBusTransport) {
    this.#inner = inner;
  }

  get capabilities() {
    return this.#inner.capabilities;
  }

  /** How many messages the broker has scheduled, each counted once however often it was sent. */
  get scheduled(): number {
    return this.#scheduled.size;
  }

  async send(...[messages, how]: Parameters<Transport['send']>): Promise<void> {
    if (messages.some(({ deliverAt }) => deliverAt !== undefined)) await this.gate;
    await this.#inner.send(messages, {
      ...how,
      onScheduled: (...call) => {
        how?.onScheduled?.(...call);
        this.#scheduled.add(call[0].envelope.id);
        this.#tell();
      },
    });
  }

  cancelScheduled(message: ScheduledMessage): Promise<boolean> {
    const answer = this.failure ? Promise.reject(this.failure) : this.#inner.cancelScheduled(message);
    answer.catch(() => undefined);
    this.cancelled.push(answer);
    this.#tell();
    return answer;
  }

  subscribe(...call: Parameters<Transport['subscribe']>) {
    return this.#inner.subscribe(...call);
  }

  close() {
    return this.#inner.close();
  }

  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise<void>((wake) => this.#waiters.push(wake));
  }

  #tell(): void {
    for (const wake of this.#waiters.splice(0)) wake();
  }
}
