import { describe, expect, it } from '@jest/globals';
import { REPOSITORY_ROOT } from '../seeded-faults/copy.ts';
import { historyOf, parseDockerfile } from './dockerfile.ts';
import { dockerfileProblems } from './dockerfile-problems.ts';

describe('the Dockerfile', () => {
  it('makes small unprivileged images of pinned parts', async () => {
    expect(await dockerfileProblems(REPOSITORY_ROOT)).toEqual([]);
  });

  it('is read as Docker reads it', () => {
    const file = parseDockerfile(
      'ARG A=1\nFROM x:2 AS base\n# no\nRUN a \\\n # neither\n && b\nUSER 5\nFROM base\nUSER 6\n',
    );
    expect(file.args).toEqual({ A: '1' });
    expect(file.stages.map(({ name, from }) => [name, from])).toEqual([
      ['base', 'x:2'],
      [undefined, 'base'],
    ]);
    expect(historyOf(file, file.stages[1] as never)).toEqual([
      { name: 'RUN', rest: 'a && b' },
      { name: 'USER', rest: '5' },
      { name: 'USER', rest: '6' },
    ]);
  });
});
