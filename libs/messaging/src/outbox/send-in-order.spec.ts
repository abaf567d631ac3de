import { describe, expect, it } from '@jest/globals';
import { outgoing } from '../testing/outgoing.js';
import { recordingSend } from '../testing/outbox-suite.js';
import { TransportError } from '../transport.js';
import { sendInOrder } from './send-in-order.js';

const rows = Array.from({ length: 500 }, (_, n) => ({ outgoing: outgoing(`m-${n}`) }));

describe('a batch', () => {
  it('is an outage when nothing at all gets through, whatever the error, after a few sends', async () => {
    let sends = 0;
    const odd = new Error('odd');
    const result = await sendInOrder(rows, async () => {
      sends += 1;
      throw odd;
    });
    expect(result.outage).toMatchObject({ code: 'BrokerError', cause: odd });
    expect(result.sent).toEqual([]);
    expect(sends).toBe(12);
  });

  it.each([0, 250, 499])('blames the one message that fails for no known reason, wherever it is: %d', async (bad) => {
    const odd = new TransportError('BrokerError', 'odd', true);
    const { send, sent } = recordingSend(({ envelope }) => (envelope.id === `m-${bad}` ? odd : undefined));
    const result = await sendInOrder(rows, send);
    expect(result.outage).toBeUndefined();
    expect(result.failed).toEqual([{ row: rows[bad], error: odd }]);
    expect(sent).toHaveLength(499);
  });

  it('finds every message that the broker refuses for its own sake, however many come first', async () => {
    const large = new TransportError('MessageTooLarge', 'Too large.', false);
    const { send } = recordingSend(({ envelope }) => (Number(envelope.id.slice(2)) < 100 ? large : undefined));
    const result = await sendInOrder(rows, send);
    expect(result.outage).toBeUndefined();
    expect(result.failed).toHaveLength(100);
    expect(result.sent).toHaveLength(400);
  });
});
