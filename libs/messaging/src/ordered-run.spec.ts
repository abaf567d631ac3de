import { expect, it } from '@jest/globals';
import { orderedRun } from '../test/ordered-run/run.js';

// A thousand orders and more kills: `npx nx run messaging:ordered-run`.
it('handles the steps of each order in their order, none lost and none twice, while replicas fail and are killed', async () => {
  const report = await orderedRun({ orders: 60, kills: 3 });
  expect(report).toMatchObject({ handled: 1_200, outOfOrder: 0, lost: 0, twice: 0, deadLetters: 0, kills: 3 });
  expect(report.afterAnother).toBeGreaterThan(0);
}, 120_000);
