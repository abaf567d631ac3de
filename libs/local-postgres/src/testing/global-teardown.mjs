import failOnLeakedHandles from '../../../../tools/jest-leak-guard.mjs';
import '../../../../tools/typescript.mjs';

/** Jest's globalTeardown: stops the server, then watches that nothing keeps the process from ending. */
export default async function globalTeardown() {
  const { tearDownPostgres } = await import('./jest-global.ts');
  await tearDownPostgres();
  failOnLeakedHandles();
}
