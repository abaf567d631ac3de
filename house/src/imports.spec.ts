import { expect, it } from '@jest/globals';
import { circlesIn } from './circles.js';
import { importsOf, productionFiles } from './source-tree.js';

it('no folder holds files or folders that import each other in a circle', () => {
  const circles = circlesIn(productionFiles().flatMap(importsOf));
  const described = circles.map(
    ({ folder, entries, imports }) =>
      `${folder}: ${entries.join(', ')}\n${imports.map(({ from, to }) => `  ${from} imports ${to}`).join('\n')}`,
  );
  expect(described.join('\n')).toBe('');
});
