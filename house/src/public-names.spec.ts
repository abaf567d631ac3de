import { expect, it } from '@jest/globals';
import { collectPublicNames } from './public-names.js';

/** A change here breaks stored data or somebody's program: add names, never rename one. Accept with `--updateSnapshot`. */
it.each(Object.entries(collectPublicNames()))('%s are what others rely on', (_, names) => {
  expect(names).not.toHaveLength(0);
  expect(names.join('\n')).toMatchSnapshot();
});
