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
  return obtain(imageInCompose('POSTGRES_IMAGE'), 'orderflow/postgres-stand-in:15', 'make-postgres-image.sh');
}

/** The image of RabbitMQ with its management that docker-compose.yml names, or a stand-in for it. */
export function rabbitMqImage(): Promise<string> {
  return obtain(imageInCompose('RABBITMQ_IMAGE'), 'orderflow/rabbitmq-stand-in:3.10', 'make-rabbitmq-image.sh');
}

/** What docker-compose.yml runs unless a variable says otherwise. */
function imageInCompose(variable: string): string {
  const compose = readFileSync(join(workspace, 'docker-compose.yml'), 'utf8');
  return new RegExp(`\\$\\{${variable}:-(\\S+)\\}`).exec(compose)?.[1] ?? '';
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
  say(`*** ${standIn} stands in for ${image}: the upstream image is not proved.`);
  return standIn;
}

export function say(line: string): void {
  process.stderr.write(`${line}\n`);
}
