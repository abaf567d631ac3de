import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { OtlpReceiver } from '../testing/otlp-receiver.js';

const project = fileURLToPath(new URL('../../', import.meta.url));
const rolldown = fileURLToPath(new URL('../../../../node_modules/rolldown/bin/cli.mjs', import.meta.url));
let folder: string;
let bundle: string;
let service: ChildProcess | undefined;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'library-service-'));
  bundle = join(folder, 'main.mjs');
  execFileSync(process.execPath, [rolldown, '-c', 'test/rolldown.config.mjs'], {
    cwd: project,
    env: { ...process.env, NODE_OPTIONS: '', LIBRARY_SERVICE: bundle },
    stdio: 'pipe',
  });
}, 60_000);
afterAll(() => rmSync(folder, { recursive: true }));
afterEach(() => {
  service?.kill('SIGKILL');
});

type Line = Readonly<Record<string, unknown>>;

function run(env: Record<string, string>) {
  const child = spawn(process.execPath, [bundle], {
    cwd: folder,
    env: { PORT: '0', ...env },
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  });
  service = child;
  if (!child.stdout) throw new Error('The service has no output to read.');
  const lines: Line[] = [];
  const reader = createInterface({ input: child.stdout });
  reader.on('line', (line) => lines.push(JSON.parse(line)));
  const heard = async (text: string): Promise<Line> => {
    for (;;) {
      const line = lines.find(({ msg }) => String(msg).includes(text));
      if (line) return line;
      await once(reader, 'line');
    }
  };
  const ended = Promise.all([once(child, 'exit'), once(reader, 'close')]).then(([[code]]) => code as number);
  return { child, lines, heard, ended };
}

describe('a service process', () => {
  it('finishes what is in flight when it is asked to stop, twice in a row as a terminal does, and ends with 0', async () => {
    const { child, heard, ended } = run({ SHELVES: 'open' });
    const { url } = await heard('listening');
    const startup = await fetch(`${url}/health/startup`);
    expect([startup.status, startup.headers.get('orderflow-instance')]).toEqual([200, null]);
    const answer = fetch(`${url}/slow`);
    await heard('reading slowly');
    child.kill('SIGTERM');
    child.kill('SIGINT');
    expect(await (await answer).text()).toBe('finished');
    expect(await ended).toBe(0);
  });

  it('answers for its health under the name that its supervisor gave it', async () => {
    const { heard } = run({ SHELVES: 'open', ORDERFLOW_INSTANCE: 'a-start' });
    const { url } = await heard('listening');
    const instance = async (path: string) => (await fetch(`${url}${path}`)).headers.get('orderflow-instance');
    expect(await instance('/health/ready')).toBe('a-start');
    expect(await instance('/metrics')).toBeNull();
  });

  it('ends with 0 when its supervisor is gone', async () => {
    const { child, heard, ended } = run({ SHELVES: 'open' });
    await heard('listening');
    child.disconnect();
    expect(await ended).toBe(0);
  });

  it('ends with 1 after its deadline when it cannot finish', async () => {
    const { child, heard, ended } = run({ SHELVES: 'stuck', SHUTDOWN_TIMEOUT: '50ms' });
    await heard('listening');
    child.kill('SIGTERM');
    await heard('not everything was finished in time');
    expect(await ended).toBe(1);
  });

  it('ends with 1 and says so when something cannot be closed', async () => {
    const { child, heard, ended } = run({ SHELVES: 'jammed' });
    await heard('listening');
    child.kill('SIGTERM');
    expect(await heard('stopping failed')).toMatchObject({ err: { message: 'the shelves are jammed' } });
    expect(await ended).toBe(1);
  });

  it('ends with 1 and one line when its configuration is wrong', async () => {
    const { lines, ended } = run({ LOG_LEVEL: 'loud', SHUTDOWN_TIMEOUT: 'soon' });
    expect(await ended).toBe(1);
    expect(lines).toEqual([
      expect.objectContaining({
        level: 'fatal',
        name: 'library',
        problems: [
          expect.stringContaining('LOG_LEVEL must be one of'),
          expect.stringContaining('SHUTDOWN_TIMEOUT must be a duration'),
          'SHELVES is not set (State of the shelves; example: open)',
        ],
      }),
    ]);
  });

  it.each<Record<string, string>>([{ HOST: '0.0.0.0' }, { NODE_ENV: 'production' }])(
    'ends with 1 and one line where others could reach it and no tokens are asked for: %j',
    async (env) => {
      const { lines, ended } = run({ SHELVES: 'open', ...env });
      expect(await ended).toBe(1);
      expect(lines.filter(({ level }) => level === 'fatal')).toEqual([
        expect.objectContaining({ msg: expect.stringMatching(/^Without tokens .* Set AUTH_ISSUER and AUTH_AUDIENCE/) }),
      ]);
      expect(lines.filter(({ msg }) => String(msg).includes('listening'))).toEqual([]);
    },
  );

  it('ends with 1 and says what to do when it cannot start', async () => {
    const { lines, ended } = run({ SHELVES: 'broken' });
    expect(await ended).toBe(1);
    expect(lines.filter(({ level }) => level === 'fatal')).toEqual([
      expect.objectContaining({ msg: 'The shelves are broken. Mend them and start again.' }),
    ]);
  });
});

describe('the spans of a service process', () => {
  let collector: OtlpReceiver;
  beforeAll(async () => {
    collector = await OtlpReceiver.start();
  });
  afterEach(() => {
    collector.spans.length = 0;
    collector.headers.length = 0;
  });
  afterAll(() => collector.close());

  /** Variables of a process that exports nothing before it stops. */
  const atTheEnd = () => ({ ...collector.environment, SHELVES: 'open', OTEL_BSP_SCHEDULE_DELAY: '600000' });

  /** Asks for a page, stops the process, and answers how that ended. */
  async function useOnce({ child, heard, ended }: ReturnType<typeof run>): Promise<number> {
    const { url } = await heard('listening');
    await fetch(`${url}/nowhere`);
    child.kill('SIGTERM');
    return ended;
  }

  it('are exported before it ends, under its name', async () => {
    const secret = { OTEL_EXPORTER_OTLP_HEADERS: 'api-key=hidden' };
    const running = run({ ...atTheEnd(), ...secret, OTEL_RESOURCE_ATTRIBUTES: 'shop=books' });
    expect(await useOnce(running)).toBe(0);
    expect(collector.spans).toEqual([expect.objectContaining({ service: 'library', name: 'GET' })]);
    expect(collector.headers[0]).toMatchObject({ 'api-key': 'hidden', 'content-type': 'application/json' });
    expect(JSON.stringify(running.lines)).not.toContain('hidden');
  });

  it('take their settings from a .env file too', async () => {
    const { SHELVES, ...settings } = { ...atTheEnd(), OTEL_SERVICE_NAME: 'books' };
    const lines = Object.entries(settings).map(([name, value]) => `${name}=${value}`);
    writeFileSync(join(folder, '.env'), lines.join('\n'));
    try {
      expect(await useOnce(run({ SHELVES }))).toBe(0);
    } finally {
      rmSync(join(folder, '.env'));
    }
    expect(collector.spans).toEqual([expect.objectContaining({ service: 'books' })]);
  });

  it('are written as protobuf unless JSON is asked for', async () => {
    expect(await useOnce(run({ ...atTheEnd(), OTEL_EXPORTER_OTLP_PROTOCOL: '' }))).toBe(0);
    expect(collector.headers[0]).toMatchObject({ 'content-type': 'application/x-protobuf' });
  });

  it.each<Record<string, string>>([
    { OTEL_SDK_DISABLED: 'TRUE' },
    { OTEL_TRACES_EXPORTER: 'none' },
    { OTEL_TRACES_SAMPLER: 'always_off' },
    { OTEL_EXPORTER_OTLP_ENDPOINT: '' },
  ])('are not exported with %j', async (settings) => {
    expect(await useOnce(run({ ...atTheEnd(), ...settings }))).toBe(0);
    expect(collector.headers).toEqual([]);
  });

  it('are lost with one line, and nothing else, when nobody takes them', async () => {
    const deaf = await OtlpReceiver.start();
    const settings = { ...deaf.environment, SHELVES: 'open' };
    await deaf.close();
    const running = run({ ...settings, OTEL_EXPORTER_OTLP_TIMEOUT: '1' });
    const { url } = await running.heard('listening');
    for (let asked = 0; asked < 10; asked += 1) expect((await fetch(`${url}/nowhere`)).status).toBe(404);
    await running.heard('spans could not be exported');
    await fetch(`${url}/nowhere`);
    running.child.kill('SIGTERM');
    expect(await running.ended).toBe(0);
    expect(running.lines.filter(({ level }) => level !== 'info')).toEqual([
      expect.objectContaining({ msg: 'spans could not be exported and are lost; nothing else is' }),
    ]);
  });

  it('do not hold up its end when a collector never answers', async () => {
    const silent = createServer().listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const { port } = silent.address() as AddressInfo;
    const running = run({
      ...atTheEnd(),
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}`,
      SHUTDOWN_TIMEOUT: '10s',
    });
    expect(await useOnce(running)).toBe(0);
    expect(running.lines.at(-1)).toMatchObject({ msg: 'stopped' });
    silent.close();
  });

  it('need settings that can work, all problems at once', async () => {
    const { lines, ended } = run({
      SHELVES: 'open',
      OTEL_EXPORTER_OTLP_ENDPOINT: 'collector:4317',
      OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc',
      OTEL_EXPORTER_OTLP_HEADERS: 'hidden',
      OTEL_TRACES_EXPORTER: 'zipkin',
      OTEL_TRACES_SAMPLER: 'sometimes',
      OTEL_TRACES_SAMPLER_ARG: '2',
      OTEL_SDK_DISABLED: 'maybe',
    });
    expect(await ended).toBe(1);
    expect(lines).toEqual([expect.objectContaining({ level: 'fatal', problems: expect.any(Array) })]);
    const problems = (lines[0] as { problems: string[] }).problems.map((problem) => problem.replace(/ \(.*/, ''));
    expect(problems).toEqual([
      'OTEL_EXPORTER_OTLP_ENDPOINT must be a URL that starts with http:// or https://',
      'OTEL_EXPORTER_OTLP_PROTOCOL must be http/protobuf or http/json',
      'OTEL_EXPORTER_OTLP_HEADERS must be a list such as a=1,b=2',
      'OTEL_TRACES_EXPORTER must be otlp or none',
      expect.stringMatching(/^OTEL_TRACES_SAMPLER must be one of always_on/),
      'OTEL_TRACES_SAMPLER_ARG must be a number from 0 to 1',
      'OTEL_SDK_DISABLED must be true or false',
    ]);
    expect(JSON.stringify(lines)).not.toContain('hidden');
  });
});
