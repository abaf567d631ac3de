import { describe, it } from '@jest/globals';
import { sessionSuite } from '../../src/testing/session-suite.js';
import type { TransportHarness } from '../../src/testing/transport-harness.js';
import { transportSuite } from '../../src/testing/transport-suite.js';
import { AzureEnvironment } from './azure-environment.js';

const connectionString = process.env['AZURE_SERVICEBUS_CONNECTION_STRING'];

if (connectionString) {
  const harness: TransportHarness = {
    name: 'real Azure Service Bus',
    incidents: ['connection-lost'],
    start: () => AzureEnvironment.start(connectionString),
  };
  // Most of them wait for locks to run out: beside each other.
  transportSuite(harness, { describe, it: it.concurrent });
  sessionSuite(harness, { describe, it: it.concurrent });
} else {
  it.skip('SKIPPED, NOTHING WAS TESTED: set AZURE_SERVICEBUS_CONNECTION_STRING, with the right to manage', () => {});
}
