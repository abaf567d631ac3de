import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Broker, startBroker } from '@orderflow/servicebus-emulator';

const project = fileURLToPath(new URL('../../../', import.meta.url));
const jest = fileURLToPath(new URL('../../../../../node_modules/jest/bin/jest.js', import.meta.url));

/** Only to end what hangs, in milliseconds. */
const timeoutMs = 120_000;

/** One of each kind, of those that do not wait for a minute. */
const sentences = [
  'gives each subscription of a topic its own copy',
  'keeps headers, the types of their values',
  'counts delayed redeliveries and crashes',
  'redelivers what a dead consumer held',
  'keeps the locks of what a stop waits for',
  'survives a lost connection',
  'replays to the queue named',
  'rejects a send to nowhere',
  'delivers a session in its order',
  'keeps what consumers put into the state of a session',
];

interface Totals {
  readonly success: boolean;
  readonly numPassedTests: number;
  readonly numPendingTests: number;
  readonly testResults: readonly {
    readonly message: string;
    readonly assertionResults: readonly { title: string }[];
  }[];
}

describe('messaging:azure', () => {
  let broker: Broker;
  let directory: string;

  beforeAll(async () => {
    broker = await startBroker({ tls: 'generate' });
    directory = await mkdtemp(join(tmpdir(), 'azure-target-'));
    await writeFile(join(directory, 'cert.pem'), broker.certificate ?? '');
  });

  afterAll(async () => {
    await broker.close();
    await rm(directory, { recursive: true });
  });

  it(
    'runs the suites in a namespace that is reached over TLS, and leaves nothing there',
    async () => {
      const { testResults, ...totals } = await runTarget(
        broker.secureConnectionString,
        '-t',
        `(${sentences.join('|')})`,
      );
      expect(testResults[0]?.message).toBe('');
      expect(totals).toMatchObject({ success: true, numPassedTests: sentences.length });
      const left = await fetch(`http://127.0.0.1:${broker.port}/entities`);
      expect(await left.json()).toEqual([]);
    },
    2 * timeoutMs,
  );

  it('says that it tested nothing where no namespace is named', async () => {
    const { testResults, ...totals } = await runTarget(undefined);
    expect(totals).toMatchObject({ success: true, numPassedTests: 0, numPendingTests: 1 });
    expect(testResults[0]?.assertionResults[0]?.title).toMatch(/^SKIPPED, NOTHING WAS TESTED/);
  });

  function runTarget(connectionString: string | undefined, ...args: readonly string[]): Promise<Totals> {
    const env = {
      ...process.env,
      AZURE_SERVICEBUS_CONNECTION_STRING: connectionString,
      NODE_EXTRA_CA_CERTS: join(directory, 'cert.pem'),
      NODE_OPTIONS: '--experimental-vm-modules --disable-warning=ExperimentalWarning',
    };
    return new Promise((resolve, reject) => {
      execFile(
        process.execPath,
        [jest, '-c', 'jest.azure.mjs', '--json', ...args],
        { cwd: project, env, maxBuffer: 10_000_000, timeout: timeoutMs },
        (error, stdout, stderr) => {
          if (stdout === '') reject(new Error(`Jest printed nothing: ${stderr}`, { cause: error }));
          else resolve(JSON.parse(stdout) as Totals);
        },
      );
    });
  }
});
