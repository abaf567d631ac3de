import { fileURLToPath } from 'node:url';
import preset from '../jest.preset.mjs';
import { missingTools } from './optional-tools.mjs';

export default {
  ...preset,
  displayName: 'infra',
  testMatch: ['<rootDir>/**/*.spec.ts'],
  testPathIgnorePatterns: ['/node_modules/', ...missingTools.flatMap(({ specs }) => specs)],
  reporters: [...preset.reporters, fileURLToPath(new URL('./seeded-faults/reporter.mjs', import.meta.url))],
  globalSetup: fileURLToPath(new URL('./optional-tools.mjs', import.meta.url)),
  // Only to end what hangs: Terraform takes a second, and minutes where ten processes want each core.
  testTimeout: 240_000,
};
