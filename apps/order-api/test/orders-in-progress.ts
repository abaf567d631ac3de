import { orderPlace } from '@orderflow/contracts';
import { createEnvelopeWriter, type Message } from '@orderflow/messaging';
import type { AzureServiceBusTransport } from '@orderflow/messaging/azure-service-bus';
import { startOrderApi } from './order-api.js';
import { startOrderBroker, transportTo } from './order-broker.js';
import { openOrderDatabase } from './order-database.js';
import { receiveCommands, type ReceivedCommands } from './received-commands.js';

/** An order as a client of order-api places it. */
export const tea = { customerId: 'customer-1', currency: 'EUR', lines: [{ sku: 'tea', quantity: 2, unitPrice: 450 }] };

/** What an event of a test says that it was caused by. */
export const someCause = { messageId: 'm-1', attempt: 1 };

export const write = createEnvelopeWriter('/test');

/** A whole order-api, and what the rest of the system does with its orders in the hands of a test. */
export class OrdersInProgress {
  /** Where order-api answers. */
  readonly url: string;
  /** What the other services reach the broker with. */
  readonly worker: AzureServiceBusTransport;
  /** What order-api asked order-worker for. */
  readonly commands: ReceivedCommands;
  readonly close: () => Promise<void>;

  private constructor(
    url: string,
    parts: { worker: AzureServiceBusTransport; commands: ReceivedCommands },
    close: () => Promise<void>,
  ) {
    this.url = url;
    this.worker = parts.worker;
    this.commands = parts.commands;
    this.close = close;
  }

  static async start(): Promise<OrdersInProgress> {
    const database = await openOrderDatabase();
    const broker = await startOrderBroker();
    const worker = transportTo(broker);
    const commands = await receiveCommands(worker);
    const api = await startOrderApi({ databaseUrl: database.url, connectionString: broker.connectionString });
    return new OrdersInProgress(api.url, { worker, commands }, async () => {
      await api.stop();
      await worker.close();
      await broker.close();
      await database.close();
    });
  }

  post(path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Response> {
    const json = body === undefined ? {} : { headers: { 'content-type': 'application/json', ...headers } };
    return fetch(`${this.url}${path}`, { method: 'POST', headers, ...json, body: JSON.stringify(body) ?? null });
  }

  async get(path: string): Promise<Record<string, unknown>> {
    return (await (await fetch(`${this.url}${path}`)).json()) as Record<string, unknown>;
  }

  /** Places an order; resolves when order-worker was asked for it. */
  async place(order: unknown = tea): Promise<{ id: string; message: Message }> {
    const { id } = (await (await this.post('/orders', order)).json()) as { id: string };
    return { id, message: await this.commands.next(id) };
  }

  async publish<T>(contract: Parameters<typeof write<T>>[0], payload: T): Promise<void> {
    await this.worker.send([{ to: { topic: 'events' }, envelope: write(contract, payload) }]);
  }

  /** An order as events carry it. */
  async orderOf(id: string) {
    const { customerId, currency, lines, total, createdAt } = await this.get(`/orders/${id}`);
    return orderPlace.parse({ orderId: id, customerId, currency, lines, total, createdAt });
  }
}
