import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';

const SAID = 'ERROR: BuildKit is enabled but the buildx component is missing or broken.';
let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'orderflow-docker-'));
  process.env['DOCKER'] = join(directory, 'docker');
});
afterEach(() => {
  delete process.env['DOCKER'];
  rmSync(directory, { recursive: true });
  jest.resetModules();
});

/** What composes, where `docker compose` says that it is of this version and there is no `docker-compose`. */
async function composeOf(version: string): Promise<readonly string[] | undefined> {
  const client = join(directory, 'docker');
  writeFileSync(client, `#!/bin/sh\n[ "$*" = 'compose version --short' ] && echo ${version}\n`);
  chmodSync(client, 0o755);
  const path = process.env['PATH'];
  process.env['PATH'] = directory;
  try {
    const { composeCommand } = await import('./docker.ts');
    return composeCommand();
  } finally {
    process.env['PATH'] = path;
  }
}

it.each(['2.20.0', 'v2.29.1', '3.0.0'])('composes with version %s', async (version) => {
  expect(await composeOf(version)).toEqual([join(directory, 'docker'), 'compose']);
});

it.each(['1.29.2', '2.19.1', 'v2.4.0', 'unknown'])(
  'does not compose with version %s, which cannot read our file',
  async (version) => {
    expect(await composeOf(version)).toBeUndefined();
  },
);

async function obstacleOf(script: string): Promise<string | undefined> {
  writeFileSync(join(directory, 'docker'), `#!/bin/sh\n${script}\n`);
  chmodSync(join(directory, 'docker'), 0o755);
  const { buildObstacle } = await import('./docker.ts');
  return buildObstacle();
}

it('says in its own words why a client cannot build with BuildKit', async () => {
  await expect(obstacleOf(`[ "$DOCKER_BUILDKIT" = 1 ] && echo '${SAID}' >&2; exit 1`)).resolves.toBe(SAID);
});

it('asks with an image of nothing, and takes it away again', async () => {
  const script = `echo "$@" >> ${join(directory, 'calls')}; [ "$1" = build ] && cat >/dev/null && echo sha256:1`;
  await expect(obstacleOf(script)).resolves.toBeUndefined();
  const { readFileSync } = await import('node:fs');
  expect(readFileSync(join(directory, 'calls'), 'utf8')).toBe('build --quiet -\nimage rm sha256:1\n');
});
