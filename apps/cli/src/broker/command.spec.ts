import { readFile } from 'node:fs/promises';
import { expect, it } from '@jest/globals';
import { Command } from 'commander';
import { addBrokerCommand } from './command.js';

const PACKAGE_COMMAND = new URL('../../../../libs/servicebus-emulator/src/cli/program.ts', import.meta.url);

it("has every option of the broker package's own command", async () => {
  const source = await readFile(PACKAGE_COMMAND, 'utf8');
  const [serving = ''] = source.split(".command('export')");
  const theirs = [...serving.matchAll(/[(]'(--[a-z-]+)/g)].map(([, name]) => name);
  const program = new Command();
  addBrokerCommand(program, {
    workspace: { state: '/state', root: '/' } as never,
    environment: {},
    finish: () => undefined,
  });
  const ours = program.commands[0]?.options.map(({ long }) => long);
  expect(theirs).toEqual(expect.arrayContaining(['--config', '--data', '--sync', '--tls', '--require-auth', '--log']));
  expect(ours).toEqual(expect.arrayContaining(theirs));
});
