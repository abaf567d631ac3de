import { type AmqpValue, type AttachAnswer, Described, Scalar, type SenderLink } from '@orderflow/amqp';
import type { BrokerCore } from '../broker-core.js';
import type { Entity } from '../entities/entity.js';
import { BrokerError } from '../entities/errors.js';
import type { Session, SessionHolder } from '../entities/session.js';
import type { SessionTable } from '../entities/session-table.js';
import type { Timer } from '../entities/timer-queue.js';
import type { WaitingReceiver } from '../entities/waiting-receivers.js';
import { amqpError } from './amqp-error.js';
import type { Attached } from './attached.js';

export const SESSION_FILTER = 'com.microsoft:session-filter';
const TIMEOUT = 'com.microsoft:timeout';
const DEFAULT_TIMEOUT = 60_000;
/** .NET's ticks: 100 ns since the year 1. */
const TICKS_PER_MS = 10_000n;
const TICKS_AT_1970 = 621_355_968_000_000_000n;

/** The session a receiver asks for: an id, null for any, undefined when it asks for none. */
export function wantedSession({ attach }: SenderLink): string | null | undefined {
  const filter = attach.source?.filter;
  if (!filter?.has(SESSION_FILTER)) return undefined;
  const value = plain(filter.get(SESSION_FILTER) ?? null);
  return value === null ? null : String(value);
}

function plain(value: AmqpValue): AmqpValue | number | bigint {
  if (value instanceof Described) return plain(value.value);
  return value instanceof Scalar ? value.value : value;
}

/** Tells the client which session it got, as it asked for it, and until when. */
export function grantSession({ attach }: SenderLink, session: Session): AttachAnswer {
  const asked = attach.source?.filter?.get(SESSION_FILTER);
  const granted = asked instanceof Described ? new Described(asked.descriptor, session.id) : session.id;
  const until = BigInt(session.lock?.until ?? 0) * TICKS_PER_MS + TICKS_AT_1970;
  return {
    source: { ...attach.source, type: 'source', filter: new Map([[SESSION_FILTER, granted]]) },
    properties: new Map([['com.microsoft:locked-until-utc', new Scalar('long', until)]]),
  };
}

export interface SessionWaitOptions {
  readonly entity: Entity;
  readonly table: SessionTable;
  readonly holder: SessionHolder;
  /** Told once of a session that the holder has got. */
  readonly granted: (session: Session) => void;
}

/** Keeps a client waiting for its attach until a session is free, or until its patience ends. */
export class SessionWait implements Attached, WaitingReceiver, Timer {
  dueAt = 0;
  heapIndex = -1;
  readonly #core: BrokerCore;
  readonly #sender: SenderLink;
  readonly #options: SessionWaitOptions;
  #done = false;

  constructor(core: BrokerCore, sender: SenderLink, options: SessionWaitOptions) {
    this.#core = core;
    this.#sender = sender;
    this.#options = options;
  }

  get entity(): Entity {
    return this.#options.entity;
  }

  open(): void {
    const { clock } = this.#core;
    this.#options.table.acceptors.add(this);
    const patience = this.#sender.attach.properties?.get(TIMEOUT);
    const ms = patience instanceof Scalar && patience.type !== 'symbol' ? Number(patience.value) : DEFAULT_TIMEOUT;
    clock.timers.schedule(this, clock.now() + ms);
  }

  ready(): void {
    queueMicrotask(() => {
      const { table, holder, granted } = this.#options;
      if (this.#done) return table.acceptors.wakeOne();
      const session = table.acceptNext(holder, this.#core.clock.now());
      if (!session) return void table.acceptors.add(this);
      this.closed();
      granted(session);
    });
  }

  fire(): void {
    if (this.#done) return;
    this.#sender.detach(
      amqpError(
        new BrokerError(
          'com.microsoft:timeout',
          'The operation did not complete within the allotted timeout: no session is available.',
        ),
      ),
    );
  }

  /** Waits no more. */
  closed(): void {
    this.#done = true;
    this.#options.table.acceptors.delete(this);
    this.#core.clock.timers.cancel(this);
  }
}

export function sessionRequired(): BrokerError {
  return new BrokerError(
    'amqp:not-allowed',
    'It is not possible for an entity that requires sessions to create a non-sessionful message receiver.',
  );
}

export function sessionNotPossible(path: string): BrokerError {
  return new BrokerError(
    'amqp:not-allowed',
    `It is not possible for an entity that does not require sessions to create a sessionful message receiver: '${path}'.`,
  );
}
