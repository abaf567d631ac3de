import preset from '../../jest.preset.mjs';

export default {
  ...preset,
  displayName: 'images',
  testMatch: ['<rootDir>/test/*.images.ts'],
  maxWorkers: 1,
  // A first build downloads every dependency; on a busy machine without a registry the base images are made as well.
  testTimeout: 1_200_000,
};
