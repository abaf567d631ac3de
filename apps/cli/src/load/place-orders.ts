import type { Credentials } from '../token/access-token.js';
import { OrderPoster, type Placement } from './order-poster.js';
import { keepSchedule, type Schedule } from './schedule.js';

/** How far a run is. */
export interface Placing {
  readonly sent: number;
  readonly accepted: number;
  readonly failed: number;
}

export interface PlaceOrdersOptions {
  readonly apiUrl: string;
  /** With a token where one is needed; without any by default. */
  readonly credentials?: Credentials;
  /** Marks the orders, so that they are found again. */
  readonly customerId: string;
  readonly schedule: Schedule;
  readonly signal: AbortSignal;
  /** Called after each order that was sent or answered. */
  readonly onChange?: (placing: Placing) => void;
}

/** Places every order when it is due; resolves when the last is answered. Rejects when the signal comes. */
export async function placeOrders(options: PlaceOrdersOptions): Promise<readonly Placement[]> {
  const { apiUrl, customerId, schedule, signal, onChange = () => undefined } = options;
  const poster = new OrderPoster(apiUrl, customerId, options.credentials);
  const placing = { sent: 0, accepted: 0, failed: 0 };
  const placed: Promise<Placement>[] = [];
  const place = async (intendedAt: number): Promise<Placement> => {
    placing.sent += 1;
    onChange(placing);
    const placement = await poster.place(intendedAt);
    if (placement.order === undefined) placing.failed += 1;
    else placing.accepted += 1;
    onChange(placing);
    return placement;
  };
  try {
    await keepSchedule(schedule, (_index, intendedAt) => placed.push(place(intendedAt)), signal);
    return await Promise.all(placed);
  } finally {
    poster.close();
  }
}
