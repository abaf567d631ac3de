import type { Delivery, ReceiverLink } from '@orderflow/amqp';
import type { BrokerCore } from '../broker-core.js';
import { DecodeError } from '../codec/decode-error.js';
import { type IncomingMessage, readMessage } from '../codec/read-message.js';
import { ValueReader } from '../codec/read-value.js';
import { DATA, sectionsOf } from '../codec/sections.js';
import type { Entity } from '../entities/entity.js';
import { BrokerError } from '../entities/errors.js';
import { ACCEPTED, rejected, toBrokerError } from './amqp-error.js';
import type { Attached } from './attached.js';
import { noTransactions } from './transactions.js';

/** Service Bus's format of a batch: one message whose data sections are messages themselves. */
const BATCH_FORMAT = 0x80013700;

/** The largest batch, however large single messages may be (Learn, "Service Bus quotas"). */
const MAX_BATCH_BYTES = 1024 * 1024;

/** Messages a sender may have unanswered; beyond that it waits. Azure's. */
const CREDIT = 1_000;

/** A client's sender: takes its messages into a queue or topic, and answers once they are safe. */
export class IncomingLink implements Attached {
  readonly entity: Entity;
  readonly #core: BrokerCore;
  readonly #receiver: ReceiverLink;
  /** A sender waits for nothing. */
  readonly waiting = false;
  #usedAt: number;

  constructor(core: BrokerCore, receiver: ReceiverLink, entity: Entity) {
    this.#core = core;
    this.#receiver = receiver;
    this.entity = entity;
    this.#usedAt = core.clock.now();
  }

  get name(): string {
    return this.#receiver.attach.name;
  }

  /** When something was last sent, ms since 1970. */
  get usedAt(): number {
    return this.#usedAt;
  }

  open(): void {
    const { options } = this.entity;
    const kilobytes = 'maxMessageSizeInKilobytes' in options ? options.maxMessageSizeInKilobytes : 0;
    const allowed = BigInt(kilobytes * 1024);
    // What the client itself allows counts when it is less, as on Azure; 0 says that it has no limit.
    const asked = this.#receiver.attach.maxMessageSize || allowed;
    this.#receiver.accept(CREDIT, { maxMessageSize: asked < allowed ? asked : allowed });
  }

  take({ id, format, state, payload }: Delivery): void {
    const { namespace } = this.#core;
    const now = this.#core.clock.now();
    this.#usedAt = now;
    try {
      if (state?.type === 'transactional-state') throw noTransactions();
      this.#core.faults.checkSend(this.entity.path);
      if (format === BATCH_FORMAT && payload.length > MAX_BATCH_BYTES) throw tooLarge(payload.length, MAX_BATCH_BYTES);
      const messages = readTransfer(payload, format, this.#core.newId);
      const { unit } = namespace.send(this.entity.path, messages, now);
      this.#core.whenDurable((error) => {
        if (error === undefined) {
          namespace.commit(unit, now);
          if (!this.#core.faults.losesSendReply(this.entity.path)) this.#receiver.settle(id, ACCEPTED);
        } else {
          namespace.rollBack(unit);
          this.#refuse(id, error);
        }
      });
    } catch (error) {
      this.#refuse(id, error);
    }
  }

  closed(): void {
    // Nothing of a sender outlives its link: what it sent is on its way already.
  }

  #refuse(id: number, error: unknown): void {
    const reason = toBrokerError(error, (unexpected) =>
      this.#core.log('error', 'A send failed.', { entity: this.entity.path, error: unexpected }),
    );
    this.#receiver.settle(id, rejected(reason));
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
