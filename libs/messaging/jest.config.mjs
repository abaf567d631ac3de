import preset from '../../jest.preset.mjs';

export default {
  ...preset,
  displayName: 'messaging',
  // Databases are cloned and brokers started: more than Jest's five seconds on a busy machine.
  testTimeout: 30_000,
  globalSetup: '@orderflow/local-postgres/testing/global-setup',
  globalTeardown: '@orderflow/local-postgres/testing/global-teardown',
};
