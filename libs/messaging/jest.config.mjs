import preset from '../../jest.preset.mjs';

export default {
  ...preset,
  displayName: 'messaging',
  reporters: [...preset.reporters, '<rootDir>/../../tools/jest-conformance.mjs'],
  globalSetup: '<rootDir>/test/rabbitmq/global-setup.mjs',
  globalTeardown: '<rootDir>/test/rabbitmq/global-teardown.mjs',
};
