import { Socket } from 'node:net';
import tls from 'node:tls';
import type { ServiceBusClient } from '@azure/service-bus';
import type { ClientSource } from '../../src/transports/azure-service-bus/client-factory.js';

/** rhea's own option: how a connection gets its socket. */
interface ConnectOptions {
  connect?: (port: number, host: string, options: tls.ConnectionOptions, onConnect: () => void) => Socket;
}

/** Where the SDK keeps its connections. Not published, as nobody else has to end a process without ending it. */
interface KeepsConnections {
  readonly _connectionContext: { readonly connection: { readonly options: ConnectOptions }; refreshConnection(): void };
}

/**
 * The sockets of the clients of one transport, to do to them what networks and the end of a process do: there is no place
 * for a proxy between a client and a namespace that it reaches over TLS by its name.
 */
export class ClientSockets {
  readonly #open = new Set<tls.TLSSocket>();
  #isDead = false;

  /** The same clients, on sockets that we have in hand. */
  of(source: ClientSource): ClientSource {
    return {
      create: () => {
        const managed = source.create();
        this.#watch(managed.client);
        return managed;
      },
    };
  }

  /** Cuts every connection, as a peer that resets it; new ones are made at once. */
  cut(): void {
    const reset = Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' });
    for (const socket of this.#open) socket.destroy(reset);
  }

  /** Cuts every connection, and there is never another one. */
  die(): void {
    this.#isDead = true;
    this.cut();
  }

  /** Passes nothing on any more, in either direction, until the returned function is called. */
  silence(): () => void {
    const silent = [...this.#open];
    for (const socket of silent) {
      socket.pause();
      socket.cork();
    }
    return () => {
      for (const socket of silent) {
        socket.uncork();
        socket.resume();
      }
    };
  }

  #watch(client: ServiceBusClient): void {
    const context = (client as unknown as KeepsConnections)._connectionContext;
    const connect: ConnectOptions['connect'] = (...wanted) => this.#connect(...wanted);
    context.connection.options.connect = connect;
    const refresh = context.refreshConnection.bind(context);
    context.refreshConnection = () => {
      refresh();
      context.connection.options.connect = connect;
    };
  }

  #connect(port: number, host: string, options: tls.ConnectionOptions, onConnect: () => void): Socket {
    if (this.#isDead) return new Socket().destroy(new Error('The process of this client has ended.'));
    const socket = tls.connect(port, host, options, onConnect);
    this.#open.add(socket);
    socket.once('close', () => this.#open.delete(socket));
    return socket;
  }
}
