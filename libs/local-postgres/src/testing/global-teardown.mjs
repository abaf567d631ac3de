import failOnLeakedHandles from '../../../../tools/jest-leak-guard.mjs';
import { loadTypeScript } from './load-typescript.mjs';

/** Jest's globalTeardown: stops the server, then watches that nothing keeps the process from ending. */
export default async function globalTeardown() {
  const { tearDownPostgres } = await loadTypeScript(new URL('./jest-global.ts', import.meta.url));
  await tearDownPostgres();
  failOnLeakedHandles();
}
