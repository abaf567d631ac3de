import preset from '../../../jest.preset.mjs';

export default {
  ...preset,
  displayName: 'packages',
  testMatch: ['<rootDir>/*.spec.ts'],
  globalSetup: '@orderflow/local-postgres/testing/global-setup',
  globalTeardown: '@orderflow/local-postgres/testing/global-teardown',
};
