import { expect, it } from '@jest/globals';
import { circlesIn } from './circles.js';
import { importsOf, productionFiles } from './source-tree.js';

/** An AMQP engine will replace this folder. */
const exempt = 'libs/servicebus-emulator/src/amqp';

it('no folder holds files or folders that import each other in a circle', () => {
  const circles = circlesIn(productionFiles().flatMap(importsOf)).filter(
    ({ folder }) => folder !== exempt && !folder.startsWith(`${exempt}/`),
  );
  const described = circles.map(
    ({ folder, entries, imports }) =>
      `${folder}: ${entries.join(', ')}\n${imports.map(({ from, to }) => `  ${from} imports ${to}`).join('\n')}`,
  );
  expect(described.join('\n')).toBe('');
});
