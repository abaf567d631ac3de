import preset from '../../jest.preset.mjs';

export default {
  ...preset,
  displayName: 'local-postgres',
  // Starting servers takes longer than Jest's five seconds on a busy machine.
  globalSetup: '@orderflow/local-postgres/testing/global-setup',
  globalTeardown: '@orderflow/local-postgres/testing/global-teardown',
};
