import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ServiceBusClient } from '@azure/service-bus';
import { ServiceBusEnvironment } from '../../../test/service-bus-environment.js';
import { receive } from '../../testing/receive.js';

const time = '2026-03-01T12:00:00.000Z';

describe('a property that is a time', () => {
  let environment: ServiceBusEnvironment;
  beforeEach(async () => {
    environment = await ServiceBusEnvironment.start();
  });
  afterEach(() => environment.close());

  it('is read as one, as CloudEvents allows, wherever the message is', async () => {
    const client = new ServiceBusClient(environment.broker.connectionString);
    const applicationProperties = { cloudEvents_id: '1', cloudEvents_time: new Date(time), due: new Date(time) };
    await client.createSender('work').sendMessages({ body: 'x', applicationProperties });
    await client.close();

    const transport = await environment.connect();
    const waiting = (await transport.inspection?.peek?.('work', 1))?.[0];
    const work = await receive(transport, 'work');
    const delivery = await work.next();
    delivery.settle({ kind: 'dead-letter', reason: 'Refused', detail: 'The test wanted it so.' });
    await work.subscription.stop();
    const { letters } = await transport.deadLetters.peek('work');
    const [dead] = await transport.deadLetters.read(
      'work',
      letters.map(({ place }) => place),
    );
    const seen = [waiting, delivery.envelope, dead?.envelope];
    expect(seen.map((envelope) => [envelope?.time, envelope?.headers['due']])).toEqual(seen.map(() => [time, time]));
  });
});
