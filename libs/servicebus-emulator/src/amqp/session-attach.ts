import rhea from 'rhea';
import type { BrokerCore } from '../broker-core.js';
import { BrokerError } from '../entities/errors.js';
import type { Session, SessionHolder } from '../entities/session.js';
import type { SessionTable } from '../entities/session-table.js';
import type { Timer } from '../entities/timer-queue.js';
import type { WaitingReceiver } from '../entities/waiting-receivers.js';
import type { SenderInternals } from './rhea-internals.js';

export const SESSION_FILTER = 'com.microsoft:session-filter';
const TIMEOUT = 'com.microsoft:timeout';
const DEFAULT_TIMEOUT = 60_000;

/** The session a receiver asks for: an id, null for any, undefined when it asks for none. */
export function wantedSession(sender: SenderInternals): string | null | undefined {
  const filter = sender.remote.attach?.source?.filter;
  if (!filter || !(SESSION_FILTER in filter)) return undefined;
  const value = filter[SESSION_FILTER];
  const plain = typeof value === 'object' && value !== null && 'value' in value ? value.value : value;
  return plain === null || plain === undefined ? null : String(plain);
}

/** Tells the client which session it got, and until when. Must happen before the attach is written. */
export function grantSession(sender: SenderInternals, session: Session): void {
  const { address } = sender.remote.attach?.source ?? {};
  sender.set_source({ address, filter: { [SESSION_FILTER]: session.id } });
  const ticks = Buffer.alloc(8);
  ticks.writeBigInt64BE(BigInt(session.lock?.until ?? 0) * 10_000n + 621_355_968_000_000_000n);
  const wrapLong = (rhea.types as unknown as { wrap_long(value: Buffer): unknown }).wrap_long;
  sender.local.attach.properties = { 'com.microsoft:locked-until-utc': wrapLong(ticks) };
}

/** Keeps a client waiting for its attach until a session is free, or until its patience ends. */
export class SessionWait implements WaitingReceiver, Timer {
  dueAt = 0;
  heapIndex = -1;
  readonly #core: BrokerCore;
  readonly #sender: SenderInternals;
  readonly #table: SessionTable;
  readonly #holder: SessionHolder;
  readonly #granted: (session: Session) => void;
  #done = false;

  constructor(
    core: BrokerCore,
    sender: SenderInternals,
    table: SessionTable,
    holder: SessionHolder,
    granted: (session: Session) => void,
  ) {
    this.#core = core;
    this.#sender = sender;
    this.#table = table;
    this.#holder = holder;
    this.#granted = granted;
    // rhea would answer at the end of this turn: takes that back until there is an answer.
    sender.state.open_requests = 0;
    table.acceptors.add(this);
    const patience = sender.remote.attach?.properties?.[TIMEOUT];
    core.clock.timers.schedule(this, core.clock.now() + (typeof patience === 'number' ? patience : DEFAULT_TIMEOUT));
  }

  ready(): void {
    queueMicrotask(() => {
      if (this.#done) return;
      const session = this.#table.acceptNext(this.#holder, this.#core.clock.now());
      if (!session) {
        this.#table.acceptors.add(this);
        return;
      }
      this.#answer();
      this.#granted(session);
    });
  }

  fire(): void {
    if (this.#done) return;
    this.#answer();
    this.#sender.close({
      condition: 'com.microsoft:timeout',
      description: 'The operation did not complete within the allotted timeout: no session is available.',
    });
  }

  /** The client stopped waiting. Its detach is answered after an attach, as the protocol has it. */
  closed(): void {
    if (!this.#done) this.#answer();
  }

  #answer(): void {
    this.#done = true;
    this.#table.acceptors.delete(this);
    this.#core.clock.timers.cancel(this);
    this.#sender.state.open_requests = 1;
    this.#sender.connection._register();
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
