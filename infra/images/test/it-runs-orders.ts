import { expect, it } from '@jest/globals';
import { say } from './build-images.ts';
import { apps, type ComposeSystem, serviceOf, until, workers } from './compose-system.ts';
import { charges, countPaid, placeOrders, placeOrdersDuring } from './orders.ts';
import { consumersOfQueues } from './operations.ts';
import { forgetToken } from './token.ts';

interface RunningSystem {
  /** What runs by now; asked in each test. */
  readonly system: () => ComposeSystem;
  /** The service that messages go through. */
  readonly broker: 'broker' | 'rabbitmq';
}

/** What holds for the system in containers whichever broker it runs on: a test each. */
export function itRunsOrders({ system, broker }: RunningSystem): void {
  it('is healthy, every service of it, and the migrations ended well', async () => {
    const states = async () =>
      Object.fromEntries(
        (await system().containers()).map((each) => [
          serviceOf(each),
          each.State.Health?.Status ?? each.State.ExitCode,
        ]),
      );
    const healthy = Object.fromEntries([...apps, 'broker', broker, 'postgres'].map((name) => [name, 'healthy']));
    await until('all is healthy', states, (each) => !Object.values(each).includes('starting'));
    expect(await states()).toEqual({ ...healthy, migrations: 0 });
  });

  it('brings orders to their end', () => paysAll(system(), 20));

  it('operates every queue, and knows who consumes it', async () => {
    expect(await consumersOfQueues(system())).toMatchObject({
      ...{ orders: 'order-worker', billing: 'billing-worker', analytics: 'analytics-worker' },
      'order-status': 'order-api',
    });
  });

  it('runs more of a worker on request', async () => {
    await system().up('--scale', 'order-worker=3', '--scale', 'billing-worker=2');
    const running = await until(
      'every worker is healthy',
      () => system().containers('order-worker', 'billing-worker'),
      (all) => all.every(({ State }) => State.Health?.Status === 'healthy'),
    );
    expect(running).toHaveLength(5);
    await paysAll(system(), 50);
  });

  it('loses and repeats nothing when each process is killed under load', async () => {
    const before = await charges(system());
    const ids = await placeOrdersDuring(system(), killEachInTurn());
    say(`placed ${ids.length} orders while every process was killed`);
    await untilPaid(system(), ids);
    expect(await charges(system())).toMatchObject({ captured: before.captured + ids.length, chargedTwice: [] });
  });

  it('ends with 0 within its grace when it is told to stop under load, and goes on where it was', async () => {
    const before = await charges(system());
    const ids = await placeOrders(system(), 200);
    say(`stopped everything in ${(await system().stop()).toFixed(1)} s`);
    expect(await system().endsOtherThan0()).toEqual([]);
    await system().start();
    forgetToken(system());
    await untilPaid(system(), ids);
    expect(await charges(system())).toMatchObject({ captured: before.captured + 200, chargedTwice: [] });
  });

  async function killEachInTurn(): Promise<void> {
    // RabbitMQ hands what one had in hand to the next at once: three that die within that moment are taken for its victims.
    const oneByOne = broker === 'rabbitmq';
    for (const service of [...workers, 'order-api', broker]) await system().killAndRestart(service, { oneByOne });
  }
}

/** Places orders, and waits until all are paid. */
export async function paysAll(system: ComposeSystem, count: number): Promise<void> {
  await untilPaid(system, await placeOrders(system, count));
}

/** Waits until all these orders are paid. */
export async function untilPaid(system: ComposeSystem, ids: readonly string[]): Promise<void> {
  await until(
    `${ids.length} orders are paid`,
    () => countPaid(system, ids),
    (paid) => paid === ids.length,
  );
}
