import { describe, it } from '@jest/globals';
import { ServiceBusEnvironment } from '../../../test/service-bus-environment.js';
import { transportSuite } from '../../testing/transport-suite.js';

transportSuite(
  {
    name: 'Azure Service Bus',
    incidents: ['connection-lost', 'restart'],
    start: (incident) => ServiceBusEnvironment.start(incident),
  },
  { describe, it },
);
