import { describe, expect, it } from '@jest/globals';
import { createDispatch } from './dispatch.js';
import type { Handler } from './handling.js';
import type { PlannedHandling } from './handling-plan.js';
import { DependencyAwayError, PermanentError } from './errors.js';
import type { MessageReader } from './message-reader.js';
import type { FailureRule } from './retry/classify.js';
import { retryPolicy, type RetryPolicy } from './retry/retry-policy.js';
import { outgoing } from './testing/outgoing.js';
import type { Delivery } from './transport.js';

const read: MessageReader = (envelope) => ({ id: envelope.id, type: envelope.type, version: 1, payload: {}, envelope });

const planned = (handler: Handler, policy: Partial<RetryPolicy>, failures: readonly FailureRule[] = []) =>
  new Map<string, PlannedHandling>([['known', { handler, policy: retryPolicy(policy), timeoutMs: 1_000, failures }]]);

function deliver(
  handler: Handler,
  { attempt = 1, type = 'known', abort = new AbortController(), failures = [] as readonly FailureRule[] } = {},
) {
  const pauses: number[] = [];
  const dispatch = createDispatch({
    read,
    handlers: planned(handler, { immediate: [10, 20], delayed: [100] }, failures),
    random: () => 0.5,
    pause: async (ms) => void pauses.push(ms),
  });
  const delivery: Delivery = {
    queue: 'q',
    attempt,
    unsettled: 0,
    signal: abort.signal,
    envelope: {
      id: 'm1',
      type,
      version: 1,
      source: '/test',
      time: '2026-01-01T00:00:00.000Z',
      contentType: 'application/json',
      headers: {},
      body: new Uint8Array(),
    },
  };
  return dispatch(delivery).then((settlement) => ({ settlement, pauses }));
}

/** Fails the first `times` calls with `error`. */
function failing(times: number, error: unknown = new Error('boom')) {
  const calls = { count: 0 };
  const handler: Handler = async () => {
    if (calls.count++ < times) throw error;
  };
  return { calls, handler };
}

describe('dispatch', () => {
  it('does not try at once what is away and asked to be left alone; what did not ask, it does', async () => {
    const asked = failing(9, new DependencyAwayError('gateway', 'away', { retryAfterMs: 5_000 }));
    expect((await deliver(asked.handler)).pauses).toEqual([]);
    expect(asked.calls.count).toBe(1);
    const silent = failing(9, new DependencyAwayError('gateway', 'away'));
    expect((await deliver(silent.handler)).pauses).toEqual([10, 20]);
  });

  it('completes what its handler returned from', async () => {
    const { calls, handler } = failing(0);
    expect((await deliver(handler)).settlement).toEqual({ kind: 'complete' });
    expect(calls.count).toBe(1);
  });

  it('tries again at once, with growing pauses, before the failure counts', async () => {
    const { calls, handler } = failing(2);
    expect(await deliver(handler)).toEqual({ settlement: { kind: 'complete' }, pauses: [10, 20] });
    expect(calls.count).toBe(3);
  });

  it('asks for a delayed redelivery when the immediate attempts are used up', async () => {
    const { calls, handler } = failing(9);
    expect((await deliver(handler)).settlement).toEqual({ kind: 'retry', delayMs: 100, reason: 'boom' });
    expect(calls.count).toBe(3);
  });

  it('dead-letters when the deliveries are used up', async () => {
    expect((await deliver(failing(9).handler, { attempt: 2 })).settlement).toMatchObject({
      kind: 'dead-letter',
      reason: 'AttemptsExhausted',
    });
  });

  it('looks at the limit of attempts before the handler runs: those before may have ended without a settlement', async () => {
    const { calls, handler } = failing(0);
    const { settlement } = await deliver(handler, { attempt: 3 });
    expect(settlement).toMatchObject({ kind: 'dead-letter', reason: 'AttemptsExhausted' });
    expect((settlement as { detail: string }).detail).toMatch(
      /^Not handled at attempt 3 of 2 \(handler of "known"\), at last without a settlement/,
    );
    expect(calls.count).toBe(0);
  });

  it('takes an error for what a rule says, also against its class', async () => {
    const failures: FailureRule[] = [
      { when: RangeError, is: 'permanent' },
      { when: { code: 'Later' }, is: 'transient' },
    ];
    const ranged = failing(9, new RangeError('too far'));
    expect((await deliver(ranged.handler, { failures })).settlement).toEqual({
      kind: 'dead-letter',
      reason: 'PermanentFailure',
      detail: 'too far',
    });
    expect(ranged.calls.count).toBe(1);
    const later = failing(9, new PermanentError('Later', 'not yet'));
    expect((await deliver(later.handler, { failures })).settlement).toMatchObject({ kind: 'retry' });
    expect(later.calls.count).toBe(3);
  });

  it('tries again when a dependency is away', async () => {
    const { handler } = failing(9, new DependencyAwayError('gateway', 'no answer'));
    expect((await deliver(handler)).settlement).toEqual({ kind: 'retry', delayMs: 100, reason: 'no answer' });
  });

  it('tries a permanent error once', async () => {
    const { calls, handler } = failing(9, new PermanentError('Rule', 'broken'));
    expect((await deliver(handler)).settlement).toEqual({ kind: 'dead-letter', reason: 'Rule', detail: 'broken' });
    expect(calls.count).toBe(1);
  });

  it('dead-letters a type without a handler', async () => {
    expect((await deliver(failing(0).handler, { type: 'other' })).settlement).toEqual({
      kind: 'dead-letter',
      reason: 'UnhandledType',
      detail: 'No handler for "other" here; handled are known.',
    });
  });

  it('releases what an abort interrupted, and does not try again', async () => {
    const abort = new AbortController();
    let calls = 0;
    const { settlement } = await deliver(
      async () => {
        calls++;
        abort.abort();
        throw new Error('interrupted');
      },
      { abort },
    );
    expect(settlement).toEqual({ kind: 'release' });
    expect(calls).toBe(1);
  });

  it('dead-letters what failed for good, also while an abort goes on', async () => {
    const abort = new AbortController();
    const handler: Handler = async () => {
      abort.abort();
      throw new PermanentError('Rule', 'broken');
    };
    expect((await deliver(handler, { abort })).settlement).toEqual({
      kind: 'dead-letter',
      reason: 'Rule',
      detail: 'broken',
    });
  });

  it('releases an aborted delivery, although its attempts are used up', async () => {
    const abort = new AbortController();
    const handler: Handler = async () => {
      abort.abort();
      throw new Error('interrupted');
    };
    expect((await deliver(handler, { abort, attempt: 2 })).settlement).toEqual({ kind: 'release' });
  });

  it('completes what was done in spite of an abort', async () => {
    const abort = new AbortController();
    expect((await deliver(async () => abort.abort(), { abort })).settlement).toEqual({ kind: 'complete' });
  });

  it('cuts the pause before another try short when aborted', async () => {
    const abort = new AbortController();
    const handler: Handler = async () => {
      setImmediate(() => abort.abort());
      throw new Error('boom');
    };
    const dispatch = createDispatch({
      read,
      handlers: planned(handler, { immediate: [5_000] }),
    });
    const { envelope } = outgoing('m', { type: 'known' });
    const start = performance.now();
    expect(await dispatch({ envelope, queue: 'q', attempt: 1, unsettled: 0, signal: abort.signal })).toEqual({
      kind: 'release',
    });
    expect(performance.now() - start).toBeLessThan(4_000);
  });

  it('does not start the handler once aborted during a pause', async () => {
    const abort = new AbortController();
    let calls = 0;
    const dispatch = createDispatch({
      read,
      handlers: planned(
        async () => {
          calls++;
          throw new Error('boom');
        },
        { immediate: [5_000] },
      ),
      pause: async () => abort.abort(),
    });
    const envelope = {
      id: 'm',
      type: 'known',
      version: 1,
      source: '/',
      time: '',
      contentType: '',
      headers: {},
      body: new Uint8Array(),
    };
    expect(await dispatch({ envelope, queue: 'q', attempt: 1, unsettled: 0, signal: abort.signal })).toEqual({
      kind: 'release',
    });
    expect(calls).toBe(1);
  });
});
