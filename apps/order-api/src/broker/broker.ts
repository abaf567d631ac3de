import type { Transport } from '@orderflow/messaging';
import type { OrderApiConfig } from '../config.js';
import type { LabQueue } from '../lab/lab-queue.js';

/** Everything order-api wants of a broker. */
export interface Broker {
  readonly transport: Transport;
  readonly lab: LabQueue;
}

/** Makes the ways to a broker; connects to it only when they are used. */
export type ConnectBroker = (config: OrderApiConfig) => Promise<Broker>;
