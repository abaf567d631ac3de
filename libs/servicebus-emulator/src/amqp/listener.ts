import type { Duplex } from 'node:stream';
import rhea from 'rhea';
import type { BrokerCore } from '../broker-core.js';
import type { Entity } from '../entities/entity.js';
import { BrokerError, entityNotFound } from '../entities/errors.js';
import { Connection, MAX_FRAME_SIZE } from './connection.js';
import type { ConnectionInternals } from './rhea-internals.js';
import { INCOMING_WINDOW } from './wire/incoming-transfers.js';
import { OUTGOING_WINDOW } from './wire/outgoing-transfers.js';

/** Speaks AMQP with whoever is handed to it. */
export class AmqpListener {
  readonly #core: BrokerCore;
  /** A container of our own: a client in the same process uses rhea's default one. */
  readonly #container: rhea.Container;
  readonly #connections = new Set<Connection>();
  readonly #stopObserving: () => void;
  #emptied: (() => void) | undefined;

  constructor(core: BrokerCore) {
    this.#core = core;
    this.#container = rhea.create_container({ id: `servicebus-emulator-${core.newId()}` });
    offerMechanisms(this.#container);
    this.#stopObserving = core.namespace.observe({
      entityDeleted: (entity) => this.detachLinks(entityNotFound(entity.path), entity),
      entityUpdated: (entity) => this.#updated(entity),
    });
  }

  /** Clients connected now. */
  get connections(): number {
    return this.#connections.size;
  }

  /** Serves one client on a stream that is connected already: plain, TLS, or inside a WebSocket. */
  accept(socket: Duplex): void {
    const connection = this.#container.create_connection({
      reconnect: false,
      max_frame_size: MAX_FRAME_SIZE,
      channel_max: 4_999,
      idle_time_out: 120_000,
      session_buffer_size: { incoming: INCOMING_WINDOW, outgoing: OUTGOING_WINDOW },
      receiver_options: { autoaccept: false, autosettle: false, credit_window: 0 },
      sender_options: { autosettle: false, treat_modified_as_released: false },
    } as unknown as rhea.ConnectionOptions) as unknown as ConnectionInternals;
    socket.on('error', () => undefined); // 'close' follows, and ends the connection.
    const served: Connection = new Connection(this.#core, socket, connection, () => this.#ended(served));
    this.#connections.add(served);
  }

  /** Ends connections without a goodbye, as a network does: all, or those attached to an entity. @returns how many */
  dropConnections(entity?: Entity): number {
    const dropped = [...this.#connections].filter((connection) => !entity || connection.isAttachedTo(entity));
    for (const connection of dropped) connection.drop();
    return dropped.length;
  }

  /** Detaches every link to an entity, or to any. @returns how many */
  detachLinks(error: BrokerError, entity?: Entity): number {
    return [...this.#connections].reduce((count, connection) => count + connection.detach(error, entity), 0);
  }

  /** Says goodbye to the clients there are. Resolves when all are gone, which those that do not answer are soon. */
  async close(): Promise<void> {
    this.#stopObserving();
    const reason = new BrokerError('amqp:connection:forced', 'The broker is shutting down.');
    for (const connection of this.#connections) connection.close(reason);
    if (this.#connections.size > 0) await new Promise<void>((resolve) => (this.#emptied = resolve));
  }

  #ended(connection: Connection): void {
    this.#connections.delete(connection);
    if (this.#connections.size === 0) this.#emptied?.();
  }

  #updated(entity: Entity): void {
    const { status } = entity.options;
    if (status === 'Active') return;
    const reason = new BrokerError(
      'com.microsoft:entity-disabled',
      `Messaging entity '${entity.path}' is currently disabled.`,
    );
    this.detachLinks(reason, entity);
  }
}

interface Mechanisms {
  readonly sasl_server_mechanisms: Record<string, () => SaslMechanism> & {
    enable_anonymous(): void;
    enable_plain(check: (user: string, password: string) => boolean): void;
  };
}

interface SaslMechanism {
  outcome: boolean | undefined;
  username: string | undefined;
  start(): void;
}

/** Who a client is shows in its `$cbs` tokens: SASL lets everybody in, as Azure does for ANONYMOUS and MSSBCBS. */
function offerMechanisms(container: rhea.Container): void {
  const { sasl_server_mechanisms: mechanisms } = container as unknown as Mechanisms;
  mechanisms.enable_anonymous();
  mechanisms.enable_plain(() => true);
  mechanisms['MSSBCBS'] = () => ({
    outcome: undefined,
    username: undefined,
    start() {
      this.outcome = true;
    },
  });
}
