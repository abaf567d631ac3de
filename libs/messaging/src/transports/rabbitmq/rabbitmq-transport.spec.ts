import { RabbitMqEnvironment } from '../../../test/rabbitmq/rabbitmq-environment.js';
import { whereInstalled } from '../../../test/rabbitmq/where-installed.js';
import { transportSuite } from '../../testing/transport-suite.js';

whereInstalled(() => {
  transportSuite({
    name: 'RabbitMQ',
    hasConnection: true,
    missing: {
      duplicateDetection: 'RabbitMQ keeps no ids of messages: the inbox of the consumer drops second copies.',
      cancelScheduled: 'A message in a queue of RabbitMQ cannot be found again: it is delivered at its time.',
      timeToLive: 'It is not there yet: a message with one is refused.',
    },
    start: () => RabbitMqEnvironment.start(),
  });
});
