import { expect, it } from '@jest/globals';
import { outgoing } from '@orderflow/messaging/testing';
import { createLogger } from './create-logger.js';
import { logDeliveries } from './log-deliveries.js';

it.each([
  [`00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`, 'a'.repeat(32)],
  ['secret text of somebody else', undefined],
])('the line of a delivery with traceparent %s carries trace id %s', (traceparent, traceId) => {
  let line = '';
  const logger = createLogger({ name: 'spec', destination: { write: (text) => void (line += text) } });
  const { envelope } = outgoing('m-1', { headers: { traceparent } });
  const delivery = { envelope, queue: 'q', attempt: 1, unsettled: 0, signal: new AbortController().signal };
  logDeliveries(logger).finished({ delivery, settlement: { kind: 'complete' }, durationMs: 1 });
  const { messageId, traceId: logged } = JSON.parse(line) as { messageId: string; traceId?: string };
  expect([messageId, logged]).toEqual(['m-1', traceId]);
});
