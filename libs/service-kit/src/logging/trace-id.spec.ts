import { expect, it } from '@jest/globals';
import type { Delivery } from '@orderflow/messaging';
import { createLogger } from './create-logger.js';
import { logTraceIds, withTraceId } from './trace-id.js';

const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';

function deliveryWith(headers: Record<string, string>): Delivery {
  const envelope = {
    id: 'm-1',
    type: 'order.place',
    version: 1,
    source: '/spec',
    time: '2026-01-31T12:00:00Z',
    contentType: 'application/json',
    headers,
    body: Buffer.from('{}'),
  };
  return { envelope, queue: 'orders', attempt: 1, unsettled: 0, signal: new AbortController().signal };
}

it("gives what a handler logs the id of its message's trace, also after it has waited, and nobody else's", async () => {
  const lines: Record<string, unknown>[] = [];
  const destination = { write: (line: string) => void lines.push(JSON.parse(line) as Record<string, unknown>) };
  const logger = createLogger({ name: 'spec', destination });
  const handle = logTraceIds(async ({ envelope }) => {
    await Promise.resolve();
    logger.child({ module: 'handler' }).info({ traced: envelope.headers }, 'handling');
    return { kind: 'complete' };
  });
  const traced = { traceparent: `00-${traceId}-00f067aa0ba902b7-01` };
  await withTraceId('a'.repeat(32), () => Promise.all([handle(deliveryWith(traced)), handle(deliveryWith({}))]));
  logger.info('afterwards');
  expect(lines.map((line) => line['traceId'])).toEqual([traceId, undefined, undefined]);
});
