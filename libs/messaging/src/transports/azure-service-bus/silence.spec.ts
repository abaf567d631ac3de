import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ServiceBusEnvironment } from '../../../test/service-bus-environment.js';
import { outgoing } from '../../testing/outgoing.js';
import { receive } from '../../testing/receive.js';

describe('a network that has fallen silent', () => {
  let environment: ServiceBusEnvironment;
  beforeEach(async () => {
    environment = await ServiceBusEnvironment.start();
  });
  afterEach(() => environment.close());

  const connect = () => environment.connectThroughProxy({ requestTimeoutMs: 30_000 });

  /** Lets `ms` pass in steps, with turns in between for what each of them causes. */
  async function pass(ms: number): Promise<void> {
    for (let steps = 0; steps < 10; steps += 1) {
      environment.clock.advance(ms / 10);
      for (let turns = 0; turns < 10; turns += 1) await new Promise((resolve) => setImmediate(resolve));
    }
  }

  it('does not keep a stop beyond its limit, with nothing in flight', async () => {
    const { transport, proxy } = await connect();
    const work = await receive(transport, 'work');
    proxy.silence();
    const stopped = work.subscription.stop(3_000);
    await pass(3_000);
    await stopped;
    expect(work.subscription.health().state).toBe('stopped');
  });

  it.each(['complete', 'release'] as const)(
    'does not keep a stop beyond its limit, with a settlement unanswered: %s',
    async (kind) => {
      const { transport, proxy } = await connect();
      const work = await receive(transport, 'work');
      await transport.send([outgoing('m')]);
      const running = await work.next();
      proxy.silence();
      const stopped = work.subscription.stop(3_000);
      running.settle({ kind });
      await pass(3_000);
      await stopped;
      expect(work.subscription.health().state).toBe('stopped');
    },
  );

  it('does not keep a stop beyond its limit, with a handler that never ends', async () => {
    const { transport, proxy } = await connect();
    const work = await receive(transport, 'work');
    await transport.send([outgoing('m')]);
    const running = await work.next();
    proxy.silence();
    const stopped = work.subscription.stop(3_000);
    await pass(1_900);
    expect(running.signal.aborted).toBe(false);
    await pass(1_100);
    await stopped;
    expect(running.signal.aborted).toBe(true);
  });

  it('ends what is being sent when the transport closes', async () => {
    const { transport, proxy } = await connect();
    await transport.send([outgoing('1')]);
    proxy.silence();
    const sending = transport.send([outgoing('2')]);
    const rejected = expect(sending).rejects.toMatchObject({ code: 'Closed', retryable: false });
    const closed = transport.close();
    await pass(3_000);
    await closed;
    await rejected;
  });
});
