import type { ServiceBusMessage, ServiceBusSender } from '@azure/service-bus';

/**
 * A message whose bytes are known: what the SDK would make of it has other types of values. It is sent alone.
 */
export class EncodedMessage {
  /** The message's id, for people. */
  readonly id: string;
  readonly bytes: Buffer;
  /** What is sent where the SDK takes no bytes. */
  readonly #otherwise: () => ServiceBusMessage;

  constructor(id: string, bytes: Buffer, otherwise: () => ServiceBusMessage) {
    this.id = id;
    this.bytes = bytes;
    this.#otherwise = otherwise;
  }

  /** Resolves once the broker has stored it. */
  async sendWith(sender: ServiceBusSender, options: { readonly abortSignal: AbortSignal }): Promise<void> {
    const { _sender: inner } = sender as unknown as TakesBytes;
    if (typeof inner?._trySend === 'function') return inner._trySend(this.bytes, false, options);
    return sender.sendMessages(this.#otherwise(), options);
  }
}

/** What may be handed to a sender. */
export type Sendable = ServiceBusMessage | EncodedMessage;

/** The SDK's own last step of a send, after it has encoded the message: not published; a test of ours fails should it move. */
interface TakesBytes {
  readonly _sender?: {
    _trySend?(encoded: Buffer, isBatch: boolean, options: { readonly abortSignal: AbortSignal }): Promise<void>;
  };
}
