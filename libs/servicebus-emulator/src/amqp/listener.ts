import type { Duplex } from 'node:stream';
import type { BrokerCore } from '../broker-core.js';
import type { Entity } from '../entities/entity.js';
import { BrokerError, entityNotFound } from '../entities/errors.js';
import { QUOTAS, tooManyConnections } from '../entities/quotas.js';
import { Connection } from './connection.js';

/** Speaks AMQP with whoever is handed to it. */
export class AmqpListener {
  readonly #core: BrokerCore;
  /** What the broker calls itself to all its clients. */
  readonly #id: string;
  readonly #connections = new Set<Connection>();
  /** How many of them are served; the others are too many, and hear that. */
  #served = 0;
  readonly #stopObserving: () => void;
  #emptied: (() => void) | undefined;

  constructor(core: BrokerCore) {
    this.#core = core;
    this.#id = `servicebus-emulator-${core.newId()}`;
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
    socket.on('error', () => undefined); // 'close' follows, and ends the connection.
    const refusal = this.#served >= QUOTAS.connections ? tooManyConnections() : undefined;
    const served = refusal ? 0 : 1;
    this.#served += served;
    const connection: Connection = new Connection(this.#core, socket, {
      id: this.#id,
      refusal,
      ended: () => {
        this.#served -= served;
        this.#ended(connection);
      },
    });
    this.#connections.add(connection);
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
