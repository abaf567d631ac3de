import type { ServiceBusMessage, ServiceBusSender } from '@azure/service-bus';

/** A message that is scheduled by the request whose answer names it, so that it can be taken back. It is sent alone. */
export class ScheduledSend {
  /** The message's id, for people. */
  readonly id: string;
  readonly #message: ServiceBusMessage;
  readonly #at: Date;
  readonly #onScheduled: (reference: string) => void;

  constructor(id: string, message: ServiceBusMessage, at: Date, onScheduled: (reference: string) => void) {
    this.id = id;
    this.#message = message;
    this.#at = at;
    this.#onScheduled = onScheduled;
  }

  /** Resolves once the broker has stored it. */
  async sendWith(sender: ServiceBusSender, options: { readonly abortSignal: AbortSignal }): Promise<void> {
    const [sequenceNumber] = await sender.scheduleMessages(this.#message, this.#at, options);
    if (sequenceNumber !== undefined) this.#onScheduled(sequenceNumber.toString());
  }
}
