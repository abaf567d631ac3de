import { ServiceBusEnvironment } from '../../../test/service-bus-environment.js';
import { transportSuite } from '../../testing/transport-suite.js';

transportSuite({
  name: 'Azure Service Bus',
  hasConnection: true,
  start: () => ServiceBusEnvironment.start(),
});
