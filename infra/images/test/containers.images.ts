import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { requireOrExplain } from '../../prometheus/tests/requirement.ts';
import { buildImages, imageNames, postgresImage, removeImages, say } from './build-images.ts';
import { apps, ComposeSystem, serviceOf, until, workers } from './compose-system.ts';
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
import { askForToken, authorization, forgetToken } from './token.ts';
import { countPaid, getJson, placeOrders, placeOrdersDuring } from './orders.ts';

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

interface Charges {
  readonly captured: number;
  readonly chargedTwice: readonly string[];
}

const charges = async () => getJson<Charges>(await system.url('payment-gateway', '/charges/totals'));

async function killEachInTurn(): Promise<void> {
  for (const service of [...workers, 'order-api', 'broker']) await system.killAndRestart(service);
}

beforeAll(async () => {
  if (!engine) return;
  await buildImages(tag);
  if (!compose) return;
  const environment = { TAG: tag, POSTGRES_IMAGE: await postgresImage() };
  system = new ComposeSystem({ command: compose, project: `orderflow-${tag}`, environment });
});

afterAll(async () => {
  if (!engine) return;
  await system?.remove();
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
      await expect(system.compose(...(profile ? ['--profile', profile] : []), 'config', '--quiet')).resolves.toBe('');
    },
  );
});

whereComposeIs('the system in containers', () => {
  beforeAll(async () => {
    await system.up();
  });

  it('is healthy, every service of it, and the migrations ended well', async () => {
    const states = async () =>
      Object.fromEntries(
        (await system.containers()).map((each) => [serviceOf(each), each.State.Health?.Status ?? each.State.ExitCode]),
      );
    const healthy = Object.fromEntries([...apps, 'broker', 'postgres'].map((name) => [name, 'healthy']));
    await until('all is healthy', states, (each) => !Object.values(each).includes('starting'));
    expect(await states()).toEqual({ ...healthy, migrations: 0 });
  });

  it('gives no container of ours a writable root or a capability', async () => {
    const ours = await system.containers(...apps, 'broker', 'migrations');
    expect(ours).toHaveLength(apps.length + 2);
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

  it('brings orders to their end', async () => {
    const ids = await placeOrders(system, 20);
    await until(
      '20 orders are paid',
      () => countPaid(system, ids),
      (paid) => paid === 20,
    );
  });

  it('runs more of a worker on request', async () => {
    await system.up('--scale', 'order-worker=3', '--scale', 'billing-worker=2');
    const running = await until(
      'every worker is healthy',
      () => system.containers('order-worker', 'billing-worker'),
      (all) => all.every(({ State }) => State.Health?.Status === 'healthy'),
    );
    expect(running).toHaveLength(5);
    const ids = await placeOrders(system, 50);
    await until(
      '50 orders are paid',
      () => countPaid(system, ids),
      (paid) => paid === 50,
    );
  });

  it('loses and repeats nothing when each process is killed under load', async () => {
    const before = await charges();
    const ids = await placeOrdersDuring(system, killEachInTurn());
    say(`placed ${ids.length} orders while every process was killed`);
    await until(
      'all of them are paid',
      () => countPaid(system, ids),
      (paid) => paid === ids.length,
      300_000,
    );
    expect(await charges()).toMatchObject({ captured: before.captured + ids.length, chargedTwice: [] });
  });

  it('ends with 0 within its grace when it is told to stop under load, and goes on where it was', async () => {
    const before = await charges();
    const ids = await placeOrders(system, 200);
    say(`stopped everything in ${(await system.stop()).toFixed(1)} s`);
    expect(await system.endsOtherThan0()).toEqual([]);
    await system.start();
    forgetToken(system);
    await until(
      '200 orders are paid',
      () => countPaid(system, ids),
      (paid) => paid === 200,
      300_000,
    );
    expect(await charges()).toMatchObject({ captured: before.captured + 200, chargedTwice: [] });
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
