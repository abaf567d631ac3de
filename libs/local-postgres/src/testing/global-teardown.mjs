import { loadTypeScript } from './load-typescript.mjs';

/** Jest's globalTeardown: see `global-setup.mjs`. */
export default async function globalTeardown() {
  const { tearDownPostgres } = await loadTypeScript(new URL('./jest-global.ts', import.meta.url));
  await tearDownPostgres();
}
