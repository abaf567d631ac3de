import preset from '../../jest.preset.mjs';

/** The suites on a namespace of Azure itself: `npx nx run messaging:azure`. No part of `npm test`, nor of its totals. */
export default {
  ...preset,
  displayName: 'messaging on Azure',
  testMatch: ['<rootDir>/test/azure/*.azure.ts'],
  reporters: ['default'],
  verbose: true,
  maxConcurrency: 8,
  // A thousand lost locks take ten lock durations, and each test makes entities of its own.
  testTimeout: 600_000,
};
