import type { BrokerCore } from '../broker-core.js';
import { DecodeError } from '../codec/decode-error.js';
import { type IncomingMessage, readMessage } from '../codec/read-message.js';
import { ValueReader } from '../codec/read-value.js';
import { DATA, sectionsOf } from '../codec/sections.js';
import type { Entity } from '../entities/entity.js';
import { BrokerError } from '../entities/errors.js';
import { ACCEPTED, rejected, toBrokerError } from './amqp-error.js';
import { detach } from './detach.js';
import type { ReceiverInternals } from './rhea-internals.js';
import type { IncomingDelivery, RawTransfer } from './wire/incoming-transfers.js';

/** Service Bus's format of a batch: one message whose data sections are messages themselves. */
const BATCH_FORMAT = 0x80013700;

/** The largest batch, however large single messages may be (Learn, "Service Bus quotas"). */
const MAX_BATCH_BYTES = 1024 * 1024;

/** Messages a sender may have unanswered; beyond that it waits. */
const CREDIT = 2_000;

/** A client's sender: takes its messages into a queue or topic, and answers once they are safe. */
export class IncomingLink {
  readonly entity: Entity;
  readonly #core: BrokerCore;
  readonly #receiver: ReceiverInternals;
  /** A sender waits for nothing. */
  readonly waiting = false;
  #usedAt: number;
  #detachedWith: BrokerError | undefined;

  constructor(core: BrokerCore, receiver: ReceiverInternals, entity: Entity) {
    this.#core = core;
    this.#receiver = receiver;
    this.entity = entity;
    this.#usedAt = core.clock.now();
    receiver.add_credit(CREDIT);
  }

  get name(): string {
    return this.#receiver.name;
  }

  /** When something was last sent, ms since 1970. */
  get usedAt(): number {
    return this.#usedAt;
  }

  /** The largest message or batch, in bytes. */
  get maxMessageSize(): number {
    return 'maxMessageSizeInKilobytes' in this.entity.options
      ? this.entity.options.maxMessageSizeInKilobytes * 1024
      : 0;
  }

  take({ delivery, format, size, bytes }: RawTransfer): void {
    const { namespace } = this.#core;
    const now = this.#core.clock.now();
    this.#usedAt = now;
    try {
      // On its way already as the link ended: its sender takes it for failed, and so it must be.
      if (this.#detachedWith) throw this.#detachedWith;
      this.#core.faults.checkSend(this.entity.path);
      if (!bytes) throw tooLarge(size, this.maxMessageSize);
      if (format === BATCH_FORMAT && size > MAX_BATCH_BYTES) throw tooLarge(size, MAX_BATCH_BYTES);
      const messages = readTransfer(bytes, format, this.#core.newId);
      const { unit } = namespace.send(this.entity.path, messages, now);
      this.#core.whenDurable((error) => {
        if (error === undefined) {
          namespace.commit(unit, now);
          if (!this.#core.faults.losesSendReply(this.entity.path)) this.#answer(delivery, ACCEPTED);
        } else {
          namespace.rollBack(unit);
          this.#refuse(delivery, error);
        }
      });
    } catch (error) {
      this.#refuse(delivery, error);
    }
  }

  detach(error: BrokerError): void {
    this.#detachedWith = error;
    detach(this.#receiver, error);
  }

  /** The client is gone or detached. */
  closed(): void {
    // Nothing of a sender outlives its link: what it sent is on its way already.
  }

  #refuse(delivery: IncomingDelivery, error: unknown): void {
    const reason = toBrokerError(error, (unexpected) =>
      this.#core.log('error', 'A send failed.', { entity: this.entity.path, error: unexpected }),
    );
    this.#answer(delivery, rejected(reason));
  }

  #answer(delivery: IncomingDelivery, state: unknown): void {
    delivery.settle(state);
    if (this.#receiver.credit <= CREDIT / 2) this.#receiver.add_credit(CREDIT - this.#receiver.credit);
  }
}

export function tooLarge(size: number, limit: number): BrokerError {
  return new BrokerError(
    'amqp:link:message-size-exceeded',
    `The received message (size:${size} bytes) exceeds the limit (${limit} bytes) currently allowed on the link.`,
  );
}

/** The messages of a transfer: one, or those of a batch. @throws DecodeError */
export function readTransfer(bytes: Buffer, format: number, newId: () => string): readonly IncomingMessage[] {
  if (format === 0) return [readMessage(bytes, newId)];
  if (format !== BATCH_FORMAT) throw new DecodeError(`Message format ${format} is unknown.`);
  return sectionsOf(bytes)
    .filter(({ code }) => code === DATA)
    .map(({ value }) => {
      const message = new ValueReader(bytes, value).next();
      if (!Buffer.isBuffer(message)) throw new DecodeError('A batch consists of data sections.');
      return readMessage(message, newId);
    });
}
