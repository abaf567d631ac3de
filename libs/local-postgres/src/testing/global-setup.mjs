import '../../../../tools/typescript.mjs';

/** Jest's globalSetup. Jest loads it outside its own transform, so it is JavaScript that loads TypeScript itself. */
export default async function globalSetup() {
  const { setUpPostgres } = await import('./jest-global.ts');
  await setUpPostgres();
}
