import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { docker, execute } from './docker.ts';

export const workspace = join(import.meta.dirname, '../../..');
const images = join(workspace, 'infra/images');

/** What each image is built with. */
export const recipes: Readonly<Record<string, readonly string[]>> = {
  'order-api': ['--build-arg', 'APP=order-api'],
  'order-worker': ['--build-arg', 'APP=order-worker'],
  'billing-worker': ['--build-arg', 'APP=billing-worker'],
  'analytics-worker': ['--build-arg', 'APP=analytics-worker'],
  'payment-gateway': ['--build-arg', 'APP=payment-gateway'],
  'dev-issuer': ['--build-arg', 'APP=dev-issuer'],
  cli: ['--target', 'cli'],
  broker: ['--target', 'broker'],
};

export const imageNames = Object.keys(recipes);

/** Builds every image under a tag of its own, from this checkout. */
export async function buildImages(tag: string): Promise<void> {
  const base = await baseImage();
  for (const name of imageNames) {
    const startedAt = performance.now();
    const recipe = ['--build-arg', `NODE_IMAGE=${base}`, '--build-arg', `VERSION=${tag}`, ...(recipes[name] ?? [])];
    await docker('build', '--quiet', '--network', 'host', ...recipe, '--tag', `orderflow/${name}:${tag}`, workspace);
    say(`built orderflow/${name} in ${((performance.now() - startedAt) / 1_000).toFixed(1)} s`);
  }
}

export async function removeImages(tag: string): Promise<void> {
  await docker('image', 'rm', '--force', ...imageNames.map((name) => `orderflow/${name}:${tag}`));
}

/** The base image that the Dockerfile names, or a stand-in for it. */
function baseImage(): Promise<string> {
  const [, named = ''] = /^ARG NODE_IMAGE=(\S+)$/m.exec(readFileSync(join(workspace, 'Dockerfile'), 'utf8')) ?? [];
  const version = /^node:([\d.]+)-/.exec(named)?.[1] ?? 'unknown';
  return obtain(named, `orderflow/node-stand-in:${version}`, 'make-base-image.sh');
}

/** The image of PostgreSQL that docker-compose.yml names, or a stand-in for it. */
export function postgresImage(): Promise<string> {
  const compose = readFileSync(join(workspace, 'docker-compose.yml'), 'utf8');
  const [, named = ''] = /\$\{POSTGRES_IMAGE:-(\S+)\}/.exec(compose) ?? [];
  return obtain(named, 'orderflow/postgres-stand-in:15', 'make-postgres-image.sh');
}

/** An image from this machine or its registry; where neither has it, a stand-in made from Debian packages, and kept. */
async function obtain(image: string, standIn: string, script: string): Promise<string> {
  const present = (name: string) =>
    docker('image', 'inspect', name).then(
      () => true,
      () => false,
    );
  if (await present(image)) return image;
  if (!(await present(standIn))) {
    const pulled = await docker('pull', '--quiet', image).then(
      () => true,
      () => false,
    );
    if (pulled) return image;
    say(`no registry answers for ${image}: making ${standIn}`);
    await execute([join(images, script), standIn]);
  }
  say(`*** ${standIn} stands in for ${image}: this proves the Dockerfile, not the upstream image.`);
  return standIn;
}

export function say(line: string): void {
  process.stderr.write(`${line}\n`);
}
