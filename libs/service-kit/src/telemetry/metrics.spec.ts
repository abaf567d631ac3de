import { describe, expect, it } from '@jest/globals';
import type { Delivery } from '@orderflow/messaging';
import { createMetrics } from './metrics.js';

const delivery = (type: string): Delivery => ({
  queue: 'orders',
  attempt: 2,
  unsettled: 0,
  signal: new AbortController().signal,
  envelope: {
    id: 'message-1',
    type,
    version: 1,
    source: '/spec',
    time: '2026-01-31T12:00:00Z',
    contentType: 'application/json',
    headers: {},
    body: new Uint8Array(),
  },
});

describe('metrics', () => {
  it('count deliveries by outcome, and those in flight', async () => {
    const { registry, deliveries } = createMetrics('spec');
    deliveries.started?.(delivery('order.place'));
    deliveries.started?.(delivery('order.place'));
    deliveries.finished({ delivery: delivery('order.place'), settlement: { kind: 'complete' }, durationMs: 20 });
    const text = await registry.metrics();
    expect(text).toContain(
      'orderflow_deliveries_total{queue="orders",type="order.place",outcome="complete",service="spec"} 1',
    );
    expect(text).toContain('orderflow_deliveries_in_flight{queue="orders",service="spec"} 1');
    expect(text).toContain('orderflow_delivery_attempt_sum{service="spec",queue="orders"} 2');
  });

  it('measure how old a message is when it leaves its queue, and not before', async () => {
    const { registry, deliveries } = createMetrics('spec', () => Date.parse('2026-01-31T12:01:30Z'));
    const finish = (kind: 'complete' | 'release', time: string) => {
      const { envelope, ...rest } = delivery('order.place');
      deliveries.finished({
        delivery: { ...rest, envelope: { ...envelope, time } },
        settlement: { kind },
        durationMs: 1,
      });
    };
    finish('release', '2026-01-31T12:00:00Z');
    finish('complete', '2026-01-31T12:00:00Z');
    finish('complete', '2026-01-31T12:05:00Z');
    finish('complete', '');
    const text = await registry.metrics();
    expect(text).toContain('orderflow_message_age_seconds_sum{service="spec",queue="orders"} 90');
    expect(text).toContain('orderflow_message_age_seconds_count{service="spec",queue="orders"} 2');
  });

  it('makes no time series of a type that nobody knows', async () => {
    const { registry, deliveries } = createMetrics('spec');
    deliveries.finished({
      delivery: delivery('x'.repeat(50)),
      settlement: { kind: 'dead-letter', reason: 'UnknownType', detail: '' },
      durationMs: 1,
    });
    expect(await registry.metrics()).toContain('type="unknown",outcome="dead-letter"');
  });

  it('ask for the backlog once a reading', async () => {
    const { registry, watchOutbox } = createMetrics('spec');
    let asked = 0;
    watchOutbox(async () => ({ rows: ++asked, oldestAgeMs: 1_500 }));
    const text = await registry.metrics();
    expect(text).toContain('orderflow_outbox_rows{service="spec"} 1');
    expect(text).toContain('orderflow_outbox_oldest_age_seconds{service="spec"} 1.5');
    expect(await registry.metrics()).toContain('orderflow_outbox_rows{service="spec"} 2');
  });
});
