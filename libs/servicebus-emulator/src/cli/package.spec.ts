import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

const run = promisify(execFile);
const library = join(import.meta.dirname, '..', '..');

const CLIENT = `
import { ServiceBusClient, ServiceBusAdministrationClient } from '@azure/service-bus';
import { parseTopology, plainHttpPolicy, startBroker } from '@orderflow/servicebus-emulator';
const [connectionString, adminConnectionString] = process.argv.slice(2);
const admin = new ServiceBusAdministrationClient(adminConnectionString);
admin.pipeline.addPolicy(plainHttpPolicy());
await admin.createQueue('made-by-the-client');
const client = new ServiceBusClient(connectionString);
await client.createSender('made-by-the-client').sendMessages({ body: 'hello' });
const [message] = await client.createReceiver('made-by-the-client').receiveMessages(1);
await client.close();
const own = await startBroker();
await own.close();
console.log(message.body);
`;

const CONFIG = `{
  // Comments are allowed.
  "UserConfig": { "Namespaces": [{ "Name": "local", "Queues": [{ "Name": "orders", "Properties": {} }] }] }
}`;

/** An empty folder into which the package was installed as anybody would. */
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'servicebus-emulator-'));
  await writeFile(join(folder, 'package.json'), '{ "name": "somebody-else", "private": true, "type": "module" }');
  await writeFile(join(folder, 'client.js'), CLIENT);
  await writeFile(join(folder, 'Config.json'), CONFIG);
  const tarball = await pack(library);
  // What `npm ci` did not leave in npm's cache comes from the registry, which need not answer at once.
  const options = ['--prefer-offline', '--fetch-retries=5', '--no-audit', '--no-fund'];
  await run('npm', ['install', ...options, tarball, '@azure/service-bus@7.9.5', '@types/node@24'], { cwd: folder });
}, 240_000);
afterAll(() => rm(folder, { recursive: true }));

/** @returns the tarball, as npm installs it from {@link folder} */
async function pack(cwd: string): Promise<string> {
  const { stdout } = await run('npm', ['pack', '--json', '--pack-destination', folder], { cwd });
  const [{ filename }] = JSON.parse(stdout.slice(stdout.indexOf('['))) as [{ filename: string }];
  return `./${filename}`;
}

const command = () => join(folder, 'node_modules', '.bin', 'servicebus-emulator');

function execute(...args: string[]): Promise<{ stdout: string; stderr: string }> {
  return run(process.execPath, [command(), ...args], { cwd: folder });
}

/** Starts the installed command. @returns the lines it prints until it is ready */
async function start(...args: string[]): Promise<{ child: ChildProcess; lines: string[] }> {
  const child = spawn(process.execPath, [command(), '--port', '0', '--management-port', '0', ...args], { cwd: folder });
  const lines: string[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    lines.push(line);
    if (line.includes('look inside')) break;
  }
  return { child, lines };
}

const find = (lines: readonly string[], pattern: RegExp) =>
  lines.map((line) => pattern.exec(line)?.[1]).find(Boolean) ?? '';

describe('the package, installed from its tarball', () => {
  it('starts, serves unmodified clients, exports and stops', async () => {
    const { child, lines } = await start('--config', 'Config.json', '--data', 'data');
    const clients = find(lines, /clients +(\S+)/);
    const administration = find(lines, /administration +(\S+)/);
    const { stdout } = await run(process.execPath, ['client.js', clients, administration], { cwd: folder });
    expect(stdout).toBe('hello\n');
    const exported = await execute('export', '--url', find(lines, /(http\S+)\/entities/));
    const config = JSON.parse(exported.stdout) as { UserConfig: { Namespaces: { Queues: { Name: string }[] }[] } };
    const names = config.UserConfig.Namespaces[0]?.Queues.map(({ Name }) => Name);
    expect(names).toEqual(['orders', 'made-by-the-client']);
    child.kill('SIGTERM');
    expect(await once(child, 'exit')).toEqual([0, null]);
  }, 60_000);

  it('speaks TLS with a certificate that it makes once, and wants keys when told so', async () => {
    const secured = await start('--tls', 'certificate', '--require-auth');
    const connectionString = find(secured.lines, /over TLS +(\S+)/);
    const url = find(secured.lines, /(http\S+)\/entities/);
    const env = { ...process.env, NODE_EXTRA_CA_CERTS: find(secured.lines, /NODE_EXTRA_CA_CERTS=(\S+)/) };
    const program = `
      import { ServiceBusAdministrationClient } from '@azure/service-bus';
      console.log((await new ServiceBusAdministrationClient(process.argv[1]).createQueue('q')).name);`;
    const args = ['--input-type=module', '-e', program];
    expect((await run(process.execPath, [...args, connectionString], { cwd: folder, env })).stdout).toBe('q\n');
    const wrong = connectionString.replace('SAS_KEY_VALUE', 'wrong');
    const key = 'RootManageSharedAccessKey=SAS_KEY_VALUE';
    await Promise.all([
      expect(run(process.execPath, [...args, wrong], { cwd: folder, env })).rejects.toMatchObject({
        stderr: expect.stringContaining('InvalidSignature'),
      }),
      expect(execute('export', '--url', '127.0.0.1:5300')).rejects.toMatchObject({
        stderr: expect.stringContaining('like http://127.0.0.1:5300'),
      }),
      expect(execute('export', '--url', url)).rejects.toMatchObject({ stderr: expect.stringContaining('401') }),
      expect(execute('export', '--url', url, '--key', key)).resolves.toMatchObject({
        stdout: expect.stringContaining('"q"'),
      }),
    ]);
    const made = await readFile(join(folder, 'certificate', 'cert.pem'), 'utf8');
    secured.child.kill();
    await once(secured.child, 'exit');
    const again = await start('--tls', 'certificate');
    expect(await readFile(join(folder, 'certificate', 'cert.pem'), 'utf8')).toBe(made);
    again.child.kill();
    await once(again.child, 'exit');
  }, 60_000);

  it('answers over HTTP to the names that it was told, and to no other', async () => {
    const { child, lines } = await start('--allow-host', 'one.example', '--allow-host', 'two.example');
    const { hostname, port } = new URL(find(lines, /(http\S+)\/entities/));
    const statuses = ['one.example', 'two.example', 'evil.example'].map(async (host) => {
      const [response] = await once(get({ hostname, port, path: '/entities', headers: { host } }), 'response');
      return response.resume().statusCode as number;
    });
    expect(await Promise.all(statuses)).toEqual([200, 200, 403]);
    child.kill();
    await once(child, 'exit');
  }, 60_000);

  it('has a page whose examples work', async () => {
    const page = await readFile(join(folder, 'node_modules', '@orderflow', 'servicebus-emulator', 'README.md'), 'utf8');
    const program = /^```js\n(.*?)^```$/ms.exec(page)?.[1] ?? '';
    // As it prints where nobody asks for colours.
    const env = { ...process.env, FORCE_COLOR: '0' };
    const { stdout } = await run(process.execPath, ['--input-type=module', '-e', program], { cwd: folder, env });
    expect(stdout).toBe('0\n');
    const test = /^```ts\n(.*?)^```$/ms.exec(page)?.[1];
    const tested = await readFile(join(library, 'src', 'example.spec.ts'), 'utf8');
    expect(test).toBe(tested.replace('./index.js', '@orderflow/servicebus-emulator'));
  });

  it.each(['nodenext', 'bundler'])(
    'brings types, strict and whole, under "moduleResolution": "%s"',
    async (mode) => {
      const right = `import { type Broker, startBroker } from '@orderflow/servicebus-emulator';
      const broker: Broker = await startBroker();
      broker.namespace.createQueue('orders', { maxDeliveryCount: 3 }, broker.clock.now());`;
      const [wrong, unknown] = [
        right.replace('maxDeliveryCount: 3', "maxDeliveryCount: 'three'"),
        right.replaceAll('startBroker', 'stopBroker'),
      ];
      const programs = { right, wrong, unknown };
      const folderOf = join(folder, mode);
      await mkdir(folderOf);
      for (const [name, program] of Object.entries(programs)) await writeFile(join(folderOf, `${name}.ts`), program);
      const compiler = join(library, '..', '..', 'node_modules', 'typescript', 'lib', 'tsc.js');
      const module = mode === 'bundler' ? 'esnext' : mode;
      const settings = ['--module', module, '--moduleResolution', mode, '--types', 'node', '--target', 'es2023'];
      const options = [...settings, '--strict', '--noEmit', '--pretty', 'false', '--ignoreConfig'];
      const files = Object.keys(programs).map((name) => join(mode, `${name}.ts`));
      const compiled = run(process.execPath, [compiler, ...options, ...files], { cwd: folder });
      await expect(compiled).rejects.toMatchObject({
        stdout: expect.stringMatching(
          /^\w+\/unknown\.ts.+ has no exported member 'stopBroker'.*\n\w+\/wrong\.ts.+ TS2322: Type 'string' is not assignable to type 'number'\.\n$/,
        ),
      });
    },
    60_000,
  );

  it('needs nothing that is not in it or on a registry', async () => {
    const installed = join(folder, 'node_modules', '@orderflow');
    expect(await readdir(installed)).toEqual(['servicebus-emulator']);
    const manifest = await readFile(join(installed, 'servicebus-emulator', 'package.json'), 'utf8');
    const { dependencies } = JSON.parse(manifest) as { dependencies: Record<string, string> };
    expect(Object.keys(dependencies).filter((name) => name.startsWith('@orderflow/'))).toEqual([]);
  });

  it('explains itself, and what is wrong', async () => {
    await writeFile(join(folder, 'bad.json'), CONFIG.replace('"orders"', '7'));
    const { child, lines } = await start();
    const port = find(lines, /clients +\S+:(\d+);/);
    await Promise.all([
      expect(execute('--help')).resolves.toMatchObject({ stdout: expect.stringContaining('--management-port') }),
      expect(execute('--version')).resolves.toMatchObject({ stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) }),
      expect(execute('--port', '70000')).rejects.toMatchObject({ code: 1 }),
      expect(execute('--config', 'missing.json')).rejects.toMatchObject({
        code: 1,
        stderr: expect.stringContaining('missing.json'),
      }),
      expect(execute('--allow-host', 'a/b', '--allow-host', 'http://c', '--allow-origin', 'd')).rejects.toMatchObject({
        code: 1,
        stderr: expect.stringMatching(/"a\/b" has a path[^]*"http:\/\/c" has a scheme[^]*"d" is no origin/),
      }),
      expect(execute('--config', 'bad.json')).rejects.toMatchObject({
        stderr: expect.stringContaining('UserConfig.Namespaces[0].Queues[0].Name'),
      }),
      expect(execute('--port', port)).rejects.toMatchObject({
        stderr: expect.stringContaining(`Port ${port} is taken`),
      }),
    ]);
    child.kill();
    await once(child, 'exit');
  }, 60_000);
});
