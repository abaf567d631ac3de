import type { ServiceBusClient, ServiceBusReceivedMessage, ServiceBusReceiver } from '@azure/service-bus';
import { openDeadLetters } from './dead-letter-receiver.js';

/** How long to wait for the next letter, in milliseconds; what is left then is locked by another. */
const receiveTimeoutMs = 3_000;
/** Deliveries on a link after the first that stays unsettled; at 2,047 the SDK receives no more. */
const mostAfterUnsettled = 1_500;

/** Some letters, and the receiver that they are settled with. */
export interface Received {
  readonly messages: readonly ServiceBusReceivedMessage[];
  readonly receiver: ServiceBusReceiver;
}

/** The links over which a pass receives dead letters: a new one whenever too much stayed unsettled on the last. */
export class DeadLetterLinks {
  readonly #client: ServiceBusClient;
  readonly #place: string;
  /** The newest last; older ones are full, and closed once nothing of theirs is worked on. */
  readonly #receivers: ServiceBusReceiver[] = [];
  /** Deliveries on the newest link since its first that stays unsettled; undefined before that. */
  #afterUnsettled: number | undefined;

  constructor(client: ServiceBusClient, place: string) {
    this.#client = client;
    this.#place = place;
  }

  /** Receives up to `count` letters, oldest first; none when none came for three seconds. */
  async receive(count: number): Promise<Received> {
    const receiver = this.#current();
    const messages = await receiver.receiveMessages(count, { maxWaitTimeInMs: receiveTimeoutMs });
    if (this.#afterUnsettled !== undefined) this.#afterUnsettled += messages.length;
    return { messages, receiver };
  }

  /** Something that was received stays unsettled on its link, perhaps to the end. */
  leaveUnsettled(): void {
    this.#afterUnsettled ??= 0;
  }

  /** Closes the links before the newest: nothing of theirs is worked on any more. Locks outlive their link. */
  async closeFull(): Promise<void> {
    await Promise.allSettled(this.#receivers.splice(0, this.#receivers.length - 1).map((full) => full.close()));
  }

  async close(): Promise<void> {
    await Promise.allSettled(this.#receivers.splice(0).map((receiver) => receiver.close()));
  }

  #current(): ServiceBusReceiver {
    const newest = this.#receivers.at(-1);
    if (newest !== undefined && (this.#afterUnsettled ?? 0) < mostAfterUnsettled) return newest;
    const receiver = openDeadLetters(this.#client, this.#place);
    this.#receivers.push(receiver);
    this.#afterUnsettled = undefined;
    return receiver;
  }
}
