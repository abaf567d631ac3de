import { describe, expect, it } from '@jest/globals';
import { useRelays } from '../../test/use-relays.js';
import { ManualClock } from '../testing/manual-clock.js';
import { outgoing } from '../testing/outgoing.js';
import { recordingSend } from '../testing/outbox-suite.js';
import { until } from '../testing/until.js';

const relays = useRelays();
const { start, otherProcess, add, leases, empty } = relays;

describe('relays of several processes', () => {
  it('shares the buckets with a second relay, and gets them back when that one stops', async () => {
    const clock = new ManualClock();
    // Short steps: a renewal takes a few of them, and must end well within the lease that it renews.
    const renew = () => clock.advance(200);
    const first = start(recordingSend().send, { clock });
    await until(async () => (await leases()).join() === '16');
    const second = start(recordingSend().send, { clock }, otherProcess());
    await until(async () => {
      await renew();
      return (await leases()).join() === '8,8' && first.health().buckets === 8;
    });
    await second.stop();
    await until(async () => {
      await renew();
      return (await leases()).join() === '16';
    });
  });

  it('sends everything once while two relays share the work', async () => {
    const { send, ids } = recordingSend();
    const clock = new ManualClock();
    start(send, { batch: 10, clock });
    start(send, { batch: 10, clock }, otherProcess());
    await until(async () => {
      await clock.advance(200);
      return (await leases()).join() === '8,8';
    });
    const keys = Array.from({ length: 200 }, (_, index) => `key${index}`);
    await Promise.all(keys.map((key) => add([`${key}-1`, key], [`${key}-2`, key])));
    await until(async () => {
      await clock.advance(100);
      return await empty();
    });
    expect(ids()).toHaveLength(400);
    for (const key of keys) expect(ids().indexOf(`${key}-1`)).toBeLessThan(ids().indexOf(`${key}-2`));
  });

  it('takes over from a relay that died while it was sending, and sends again with the same ids', async () => {
    const gate = Promise.withResolvers<void>();
    const begun = Promise.withResolvers<void>();
    const dying = recordingSend();
    await add(['a1', 'a'], ['a2', 'a']);
    start(
      async (messages) => {
        await dying.send(messages);
        begun.resolve();
        await gate.promise;
      },
      // A clock that nobody moves: it renews nothing any more.
      { clock: new ManualClock() },
    );
    await begun.promise;
    await relays.database.pool.query("UPDATE outbox_buckets SET leased_until = now() - interval '1 second'");
    await relays.database.pool.query("UPDATE outbox_relays SET seen_until = now() - interval '1 second'");

    const heir = recordingSend();
    const other = otherProcess();
    start(heir.send, { clock: new ManualClock() }, other);
    await until(empty);
    expect(heir.ids()).toEqual(['a1', 'a2']);

    // The dead one comes back to life and believes in its leases still: it must not remove what belongs to another.
    gate.resolve();
    await other.transaction((tx) => other.outbox.add(tx, [outgoing('a3', { orderingKey: 'a' })]));
    await until(() => heir.ids().length === 3);
    expect(heir.ids()).toEqual(['a1', 'a2', 'a3']);
    expect(dying.ids().slice(0, 2)).toEqual(['a1', 'a2']);
  });

  it('hears of another process by notification, also after its listening connection was cut', async () => {
    const { send, ids } = recordingSend();
    const clock = new ManualClock();
    const errors: unknown[] = [];
    start(send, { clock, sweepMs: 3_600_000, onError: (error) => errors.push(error) }, otherProcess());
    await until(async () => (await leases()).join() === '16');
    // A relay that holds nothing has to notify the one that does.
    start(send, { clock: new ManualClock() });
    await until(async () => (await listeners()).length === 2);
    await add(['first', 'a']);
    await until(empty);

    for (const pid of await listeners()) await relays.database.pool.query('SELECT pg_terminate_backend($1)', [pid]);
    // Both have to be gone before time goes on: the other relay's clock stands still, so one at most comes back.
    await until(async () => errors.length > 0 && (await listeners()).length === 0);
    // No further than to the next attempt: its leases end by this clock too.
    await clock.advance(1_000);
    await until(async () => (await listeners()).length === 1);
    await add(['second', 'a']);
    await until(empty);
    expect(ids()).toEqual(['first', 'second']);
  });

  it('goes on after all of its connections were cut', async () => {
    const { send, ids } = recordingSend();
    const clock = new ManualClock();
    start(send, { clock }, otherProcess());
    await until(async () => (await leases()).join() === '16' && (await listeners()).length === 1);
    const others = "FROM pg_stat_activity WHERE application_name = 'other process'";
    const cut = async (): Promise<number> =>
      (await relays.database.pool.query(`SELECT pg_terminate_backend(pid) ${others}`)).rowCount ?? 0;
    expect(await cut()).toBeGreaterThan(1);
    // Ending takes the server a moment, and a look that was under way may open one more. The clock stands still: the
    // relay does not connect again by itself meanwhile.
    await until(async () => (await cut()) === 0);
    await add(['a', 'a']);
    await until(async () => {
      await clock.advance(1_000);
      return await empty();
    });
    expect(ids()).toEqual(['a']);
  });
});

const listeners = async (): Promise<number[]> =>
  (
    await relays.database.pool.query<{ pid: number }>(
      "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN%'",
    )
  ).rows.map(({ pid }) => pid);
