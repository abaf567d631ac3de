import { performance } from 'node:perf_hooks';
import type { Delivery, Middleware, Settlement } from '../transport.js';

/** What happened to one delivery, for logs and metrics. */
export interface DeliveryReport {
  readonly delivery: Delivery;
  readonly settlement: Settlement;
  /** From the broker's hand to the decision, in milliseconds. */
  readonly durationMs: number;
}

export interface DeliveryObserver {
  started?(delivery: Delivery): void;
  finished(report: DeliveryReport): void;
}

/** Reports every delivery. List it first, so that it sees what all the others made of it. */
export function observeDeliveries(observer: DeliveryObserver): Middleware {
  return (next) => async (delivery) => {
    const start = performance.now();
    observer.started?.(delivery);
    const settlement = await next(delivery);
    observer.finished({ delivery, settlement, durationMs: performance.now() - start });
    return settlement;
  };
}
