import preset from '../../jest.preset.mjs';

// A request of the Service Bus SDK that is under way when its connection is cut keeps a timer of 60 s, which nothing
// can be told to end (RequestResponseLink.sendRequest in @azure/core-amqp 4.4.2).
process.env.LEAK_PATIENCE_MS ??= '70000';

export default {
  ...preset,
  displayName: 'messaging',
  globalSetup: '@orderflow/local-postgres/testing/global-setup',
  globalTeardown: '@orderflow/local-postgres/testing/global-teardown',
};
