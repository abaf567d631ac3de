import { defineContract } from './contract.js';
import { orderSchema, type Order } from './order.js';

/** Asks order-worker to decide an order. */
export type OrderPlace = Order;

export const orderPlace = defineContract<OrderPlace>({
  type: 'order.place',
  version: 1,
  kind: 'command',
  schema: orderSchema,
  sensitive: ['customerId'],
});
