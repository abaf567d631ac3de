import { ServiceBusEnvironment } from '../../../../test/service-bus-environment.js';
import { sessionSuite } from '../../../testing/session-suite.js';

sessionSuite({ name: 'Azure Service Bus', hasConnection: true, start: () => ServiceBusEnvironment.start() });
