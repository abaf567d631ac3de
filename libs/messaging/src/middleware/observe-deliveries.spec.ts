import { expect, it } from '@jest/globals';
import { outgoing } from '../testing/outgoing.js';
import type { Delivery, Settlement } from '../transport.js';
import { type DeliveryReport, observeDeliveries } from './observe-deliveries.js';

const { envelope } = outgoing('m');
const delivery: Delivery = { envelope, queue: 'work', attempt: 1, unsettled: 0, signal: new AbortController().signal };

it('reports a delivery when it begins and when it was decided, with the time between', async () => {
  const order: string[] = [];
  const reports: DeliveryReport[] = [];
  const observer = {
    started: ({ envelope: { id } }: Delivery) => void order.push(`started ${id}`),
    finished: (report: DeliveryReport) => {
      order.push('finished');
      reports.push(report);
    },
  };
  const settlement: Settlement = { kind: 'retry', delayMs: 5, reason: 'again' };
  let busyMs = 0;
  const consume = observeDeliveries(observer)(async () => {
    order.push('handled');
    const start = performance.now();
    while (performance.now() - start < 2);
    busyMs = performance.now() - start;
    return settlement;
  });
  expect(await consume(delivery)).toBe(settlement);
  expect(order).toEqual(['started m', 'handled', 'finished']);
  expect(reports).toEqual([{ delivery, settlement, durationMs: expect.any(Number) }]);
  expect(reports[0]?.durationMs).toBeGreaterThanOrEqual(busyMs);
});
