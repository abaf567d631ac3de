import { describe, it } from '@jest/globals';
import { ServiceBusEnvironment } from '../../../../test/service-bus-environment.js';
import { sessionSuite } from '../../../testing/session-suite.js';

sessionSuite(
  { name: 'Azure Service Bus', incidents: ['connection-lost'], start: () => ServiceBusEnvironment.start() },
  { describe, it },
);
