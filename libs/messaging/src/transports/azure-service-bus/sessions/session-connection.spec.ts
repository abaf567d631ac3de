import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { connectionStringTo, ServiceBusEnvironment } from '../../../../test/service-bus-environment.js';
import { ClientFactory } from '../client-factory.js';
import { resolveOptions } from '../options.js';
import { SessionConnection } from './session-connection.js';

let environment: ServiceBusEnvironment;

beforeEach(async () => {
  environment = await ServiceBusEnvironment.start();
});
afterEach(() => environment.close());

it('has requests for a session fail when it closes: the SDK would keep the process for a minute', async () => {
  const { broker, clock } = environment;
  const source = new ClientFactory({ connectionString: connectionStringTo(broker.port) }, resolveOptions({ clock }));
  const connection = new SessionConnection(source, 'ordered', clock);
  await connection.probe();
  const waiting = connection.accept(new AbortController().signal);
  const outcome = expect(waiting).rejects.toThrow('The connection was closed.');
  const { sessions } = broker.namespace.registry.get('ordered').main;
  while (sessions?.acceptors.size !== 1) await new Promise(setImmediate);
  await connection.retire();
  await outcome;
});
