import preset from '../jest.preset.mjs';

export default { ...preset, displayName: 'infra', testMatch: ['<rootDir>/**/*.spec.ts'], testTimeout: 60_000 };
