import { once } from 'node:events';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import rhea from 'rhea';
import { type Broker, startBroker } from '../broker.js';

let broker: Broker;
beforeAll(async () => {
  broker = await startBroker();
  broker.namespace.createQueue('q', {}, broker.clock.now());
});
afterAll(async () => {
  await broker.close();
});

it('gives a client with small frames and a small window large messages in pieces, in order', async () => {
  const container = rhea.create_container();
  container.on('disconnected', () => undefined);
  const connection = container.connect({
    port: broker.port,
    host: '127.0.0.1',
    username: 'x',
    reconnect: false,
    max_frame_size: 512,
    // rhea widens its window only between messages: it must hold more than one of them.
    session_buffer_size: { incoming: 200, outgoing: 100 },
  } as unknown as rhea.ConnectionOptions);
  await once(container, 'connection_open');
  const sender = connection.open_sender({ target: { address: 'q' } });
  await once(sender, 'sendable');
  const bodies = Array.from({ length: 12 }, (_, i) => `${i},`.repeat(1_000 * i));
  for (const body of bodies) sender.send({ body });
  const receiver = connection.open_receiver({
    source: { address: 'q' },
    rcv_settle_mode: 0,
    autoaccept: true,
    credit_window: 3,
  });
  const received: unknown[] = [];
  await new Promise<void>((resolve) => {
    receiver.on('message', ({ message }: rhea.EventContext) => {
      received.push(message?.body);
      if (received.length === bodies.length) resolve();
    });
  });
  expect(received).toEqual(bodies);
  const closed = once(container, 'connection_close');
  connection.close();
  await closed;
});
