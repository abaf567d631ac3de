import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';

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
