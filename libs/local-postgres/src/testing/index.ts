/**
 * PostgreSQL for the specs of a Jest project. In `jest.config.mjs`:
 *
 * ```js
 * globalSetup: '@orderflow/local-postgres/testing/global-setup',
 * globalTeardown: '@orderflow/local-postgres/testing/global-teardown',
 * ```
 *
 * and in a spec:
 *
 * ```ts
 * const database = await cloneDatabase({ template: 'orders', prepare: (url) => migrate(url) });
 * ```
 */
export { cloneDatabase, type CloneDatabaseOptions, type TestDatabase } from './clone-database.js';
