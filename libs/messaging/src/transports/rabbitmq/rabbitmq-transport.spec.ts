import { afterAll, beforeAll, describe, it } from '@jest/globals';
import { RabbitMqEnvironment } from '../../../test/rabbitmq/rabbitmq-environment.js';
import { RestartableServer } from '../../../test/rabbitmq/restartable-server.js';
import { whereInstalled } from '../../../test/rabbitmq/where-installed.js';
import { sessionSuite } from '../../testing/session-suite.js';
import type { TransportHarness } from '../../testing/transport-harness.js';
import { transportSuite } from '../../testing/transport-suite.js';

const restartable = new RestartableServer();

const harness: TransportHarness = {
  name: 'RabbitMQ',
  incidents: ['connection-lost', 'restart'],
  missing: {
    duplicateDetection: 'RabbitMQ keeps no ids of messages: the inbox of the consumer drops second copies.',
    cancelScheduled: 'A message in a queue of RabbitMQ cannot be found again: it is delivered at its time.',
    sessions: 'RabbitMQ has none: a queue with a single active consumer keeps the order of all its messages instead.',
  },
  start: (incident) => RabbitMqEnvironment.start(incident === 'restart' ? restartable : undefined),
};

whereInstalled(() => {
  // It starts while others run; whoever needs it hears of a failure.
  beforeAll(() => void restartable.start().catch(() => {}));
  afterAll(() => restartable.stop());
  transportSuite(harness, { describe, it });
  sessionSuite(harness, { describe, it });
});
