import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { requireOrExplain } from '../../prometheus/tests/requirement.ts';
import { buildImages, imageNames, postgresImage, rabbitMqImage, removeImages, say } from './build-images.ts';
import { apps, ComposeSystem, serviceOf } from './compose-system.ts';
import {
  buildObstacle,
  CLIENT,
  composeCommand,
  docker,
  engineAnswers,
  HOW_TO_GET_BUILDKIT,
  inShell,
  inspectImage,
  OLDEST_COMPOSE,
  runToEnd,
} from './docker.ts';
import { itRunsOrders, paysAll, untilPaid } from './it-runs-orders.ts';
import { consumersOfQueues, untilWaiting } from './operations.ts';
import { getJson, placeOrders } from './orders.ts';
import { askForToken, authorization } from './token.ts';

const tag = `verify-${process.pid}`;
const engine = engineAnswers();

// An engine that answers a client which cannot build is a mistake of the machine, not a machine without Docker.
const obstacle = engine ? buildObstacle() : undefined;
if (obstacle) throw new Error(`${CLIENT} cannot build with BuildKit: ${obstacle}\n${HOW_TO_GET_BUILDKIT}`);

requireOrExplain('A Docker engine', engine || undefined, 'no image was built and none was run');
const compose = engine ? composeCommand() : undefined;
if (engine) requireOrExplain(OLDEST_COMPOSE, compose, 'the images were not run together');
const whereDockerIs = engine ? describe : describe.skip;
const whereComposeIs = compose ? describe : describe.skip;

let system: ComposeSystem;

/** The system that tests run from here on, from its start to the removal of all that it kept. */
function whileItRuns(environment: () => Promise<Readonly<Record<string, string>>>): void {
  beforeAll(async () => {
    const given = { TAG: tag, POSTGRES_IMAGE: await postgresImage(), ...(await environment()) };
    system = new ComposeSystem({ command: compose ?? [], project: `orderflow-${tag}`, environment: given });
    await system.up();
  });
  afterAll(() => system.remove());
}

beforeAll(async () => {
  if (!engine) return;
  await buildImages(tag);
});

afterAll(async () => {
  if (!engine) return;
  await removeImages(tag);
});

whereDockerIs.each(imageNames)('the image of %s', (name) => {
  const image = `orderflow/${name}:${tag}`;

  it('runs as a numbered user, is labelled, and says whether it is healthy', async () => {
    const { Config, Size } = await inspectImage(image);
    say(`orderflow/${name}: ${(Size / 1_000_000).toFixed(0)} MB`);
    expect(Config.User).toBe('1000:1000');
    expect(Config.Labels).toMatchObject({
      'org.opencontainers.image.title': `orderflow/${name}`,
      'org.opencontainers.image.version': tag,
    });
    expect(Config.Healthcheck?.Test).toEqual(name === 'cli' ? undefined : ['CMD', 'node', 'healthcheck.mjs']);
  });

  it('holds neither node_modules nor a package manager, and nothing its user could change', async () => {
    expect(await inShell(image, 'find / -xdev -name node_modules; command -v npm npx yarn corepack || true')).toBe('');
    expect(await inShell(image, 'find /app -writable; test -f /app/main.mjs && echo bundle')).toBe('bundle');
    await expect(inShell(image, 'touch /app/x')).rejects.toThrow(/Read-only file system|Permission denied/);
  });
});

whereDockerIs('the command', () => {
  const image = `orderflow/cli:${tag}`;

  it('is the entrypoint, with the exit codes of the command', () => {
    expect(runToEnd('--read-only', image, '--help')).toMatchObject({
      code: 0,
      output: expect.stringContaining('orderflow'),
    });
    expect(runToEnd('--read-only', image, 'migrate', 'nobody')).toMatchObject({ code: 2 });
  });

  it('brings the migrations of every app along', async () => {
    const found = await inShell(
      image,
      'cd /app/migrations && for app in *; do ls $app/*.sql >/dev/null && echo $app; done',
    );
    expect(found.split('\n')).toEqual(['analytics-worker', 'billing-worker', 'order-api', 'order-worker']);
  });
});

whereDockerIs('an app without its configuration', () => {
  it('ends with 1 and names what is missing', () => {
    const { code, output } = runToEnd('--read-only', `orderflow/billing-worker:${tag}`);
    expect(code).toBe(1);
    expect(output).toContain('DATABASE_URL');
    expect(output).toContain('PAYMENT_GATEWAY_URL');
  });
});

whereComposeIs('docker-compose.yml', () => {
  it.each(['', 'azure-emulator', 'rabbitmq', 'monitoring'])(
    'is valid to compose with profile "%s"',
    async (profile) => {
      const some = new ComposeSystem({ command: compose ?? [], project: 'orderflow', environment: {} });
      await expect(some.compose(...(profile ? ['--profile', profile] : []), 'config', '--quiet')).resolves.toBe('');
    },
  );
});

whereComposeIs('the system in containers', () => {
  whileItRuns(async () => ({}));
  itRunsOrders({ system: () => system, broker: 'broker' });

  it('gives no container of ours a writable root or a capability', async () => {
    const ours = await system.containers(...apps, 'broker', 'migrations');
    expect(new Set(ours.map(serviceOf)).size).toBe(apps.length + 2);
    for (const { HostConfig } of ours) expect(HostConfig).toMatchObject({ ReadonlyRootfs: true, CapDrop: ['ALL'] });
  });

  it('serves the OpenAPI page with its assets', async () => {
    const headers = await authorization(system);
    const page = await fetch(await system.url('order-api', '/docs'), { headers });
    expect(page.status).toBe(200);
    const script = await fetch(await system.url('order-api', '/docs/swagger-ui-bundle.js'), { headers });
    expect([script.status, (await script.text()).length > 1_000_000]).toEqual([200, true]);
  });

  it('answers nobody without a token, and a customer about its own orders only', async () => {
    const orders = await system.url('order-api', '/orders');
    const refused = await fetch(orders);
    expect([refused.status, refused.headers.get('www-authenticate')]).toEqual([401, 'Bearer realm="orderflow"']);
    expect((await fetch(await system.url('analytics-worker', '/analytics/summary'))).status).toBe(401);
    const headers = { authorization: `Bearer ${await askForToken(system, 'ada')}` };
    expect((await fetch(`${orders}?customerId=ada`, { headers })).status).toBe(200);
    expect((await fetch(`${orders}?customerId=images`, { headers })).status).toBe(403);
    expect((await fetch(await system.url('order-api', '/metrics'), { headers })).status).toBe(404);
  });

  it("gives Microsoft's emulator a configuration that it accepts", async () => {
    const written = await system.compose('--profile', 'azure-emulator', 'run', '--rm', 'azure-emulator-config');
    expect(written).not.toContain('Error');
    const volume = `${system.project}_emulator-config:/data:ro`;
    const capped = await docker(
      'run',
      '--rm',
      '--volume',
      volume,
      '--entrypoint',
      'cat',
      `orderflow/cli:${tag}`,
      '/data/Config.json',
    );
    expect(capped).toContain('"MaxDeliveryCount": 10');
    expect(capped).not.toContain('"MaxDeliveryCount": 20');
  });
});

whereComposeIs('the system in containers on RabbitMQ', () => {
  const COMPOSE_PROFILES = 'rabbitmq';
  whileItRuns(async () => ({
    ...{ MESSAGING_TRANSPORT: 'rabbitmq', COMPOSE_PROFILES, RABBITMQ_IMAGE: await rabbitMqImage() },
  }));
  itRunsOrders({ system: () => system, broker: 'rabbitmq' });

  it('shows its queues in the management, to its user alone', async () => {
    const queues = await system.url('rabbitmq', '/api/queues/%2F');
    expect((await fetch(queues)).status).toBe(401);
    const authorization = `Basic ${Buffer.from('orderflow:orderflow').toString('base64')}`;
    const names = (await getJson<{ name: string }[]>(queues, { authorization })).map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(['orders', 'billing', 'analytics', 'order-status']));
    const page = await fetch(await system.url('rabbitmq', '/'), { headers: { authorization } });
    expect([page.status, await page.text()]).toEqual([200, expect.stringContaining('RabbitMQ Management')]);
  });

  it('keeps what waits there when its container is made anew', async () => {
    await system.compose('stop', 'order-worker');
    const ids = await placeOrders(system, 20);
    await untilWaiting(system, 'orders', 20);
    await system.up('--force-recreate', 'rabbitmq', 'order-worker');
    await untilPaid(system, ids);
  });
});

whereComposeIs('the system in containers with ORDERED=true and nothing else', () => {
  whileItRuns(async () => ({ ORDERED: 'true' }));

  it('brings orders to their end', () => paysAll(system, 20));

  it('operates the queues with sessions, and knows who consumes them', async () => {
    expect(await consumersOfQueues(system)).toMatchObject({
      ...{ 'orders-ordered': 'order-worker', 'billing-ordered': 'billing-worker', analytics: 'analytics-worker' },
      'order-status-ordered': 'order-api',
    });
  });
});
