import type { Contract } from '@orderflow/messaging';

export interface OrderPaid {
  readonly orderId: string;
  readonly parcels: number;
}

export interface ParcelsPacked {
  readonly orderId: string;
}

/** Any schema library will do; these need none. */
export const orderPaid: Contract<OrderPaid> = {
  type: 'order.paid',
  version: 1,
  kind: 'event',
  parse(value) {
    const { orderId, parcels } = value as Partial<OrderPaid>;
    if (typeof orderId !== 'string') throw new Error('orderId must be a text');
    if (!Number.isInteger(parcels)) throw new Error('parcels must be a whole number');
    return { orderId, parcels: Number(parcels) };
  },
};

export const parcelsPacked: Contract<ParcelsPacked> = {
  type: 'parcels.packed',
  version: 1,
  kind: 'event',
  parse(value) {
    const { orderId } = value as Partial<ParcelsPacked>;
    if (typeof orderId !== 'string') throw new Error('orderId must be a text');
    return { orderId };
  },
};
