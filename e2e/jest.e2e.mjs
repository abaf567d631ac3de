import preset from '../jest.preset.mjs';

export default {
  ...preset,
  displayName: 'e2e',
  testMatch: ['<rootDir>/src/**/*.e2e.ts'],
  // One system at a time: each is eight processes.
  maxWorkers: 1,
  testTimeout: 180_000,
};
