import { spawn, spawnSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Broker } from '../../src/index.js';
import { ABILITIES, type Ability, type Transport } from './abilities.js';
import type { Client } from './clients.js';
import { createEntities } from './test-broker.js';

/** Of an ability: shown, not there with its source, or what went wrong. */
export type Cell = { readonly is: 'shown' } | { readonly is: 'cannot' | 'red'; readonly reason: string };
export type Column = ReadonlyMap<Ability, Cell>;

const PROGRAMS = join(import.meta.dirname, 'programs');
/** How long a program may take, in ms. The slowest takes a tenth of it on an idle machine. */
const PATIENCE = 120_000;
const SHOWN: Cell = { is: 'shown' };

/**
 * Lets a client show what it can do.
 * @param environment what its program is told of the broker
 * @param label names the client's entities
 */
export async function runClient(
  client: Client,
  broker: Broker,
  environment: Readonly<Record<string, string>>,
  label: string,
): Promise<Column> {
  const cells = new Map<Ability, Cell>();
  for (const [ability, reason] of Object.entries(client.cannot)) {
    cells.set(ability as Ability, { is: 'cannot', reason });
  }
  const [first] = client.transports;
  for (const transport of client.transports) {
    const entities = createEntities(broker, `${label}-${transport}`);
    const run = await runProgram(client, transport, { ...environment, ...entities, ...client.environment });
    cells.set(transport, run.shown.get('send') ?? { is: 'red', reason: run.ending });
    if (transport !== first) continue;
    for (const [ability, cell] of run.shown) cells.set(ability, cell);
    for (const ability of Object.keys(ABILITIES) as Ability[]) {
      if (!cells.has(ability) && !isTransport(ability)) cells.set(ability, { is: 'red', reason: run.ending });
    }
  }
  for (const ability of Object.keys(ABILITIES) as Ability[]) {
    if (!cells.has(ability)) cells.set(ability, { is: 'red', reason: 'nobody tried it, and no source says why' });
  }
  return cells;
}

function isTransport(ability: Ability): ability is Transport {
  return ability === 'plain' || ability === 'tls' || ability === 'websocket';
}

interface Run {
  readonly shown: Column;
  /** How the program ended, and the last it wrote to its error output. */
  readonly ending: string;
}

interface Said {
  readonly ability: Ability;
  readonly error?: string;
}

function runProgram(client: Client, transport: Transport, environment: NodeJS.ProcessEnv): Promise<Run> {
  const whatRuns = commandOf(client);
  if (typeof whatRuns === 'string') return Promise.resolve({ shown: new Map(), ending: whatRuns });
  const [command, ...args] = whatRuns;
  return new Promise((resolve) => {
    const child = spawn(command, [...args, transport], {
      env: { ...process.env, ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: PATIENCE,
      killSignal: 'SIGKILL',
    });
    let output = '';
    let errors = '';
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (errors = (errors + chunk.toString()).slice(-1_000)));
    child.on('error', (error) => resolve({ shown: new Map(), ending: `it is missing: ${error.message}` }));
    child.on('close', (code, signal) => {
      const ending = `its program ended with ${signal ?? code}: ${errors.trim().split('\n').at(-1) ?? ''}`;
      resolve({ shown: readLines(output), ending });
    });
  });
}

function readLines(output: string): Column {
  const lines = output.split('\n').filter((line) => line.startsWith('{'));
  return new Map(
    lines.map((line) => {
      const { ability, error } = JSON.parse(line) as Said;
      return [ability, error === undefined ? SHOWN : { is: 'red', reason: error }] as const;
    }),
  );
}

/** What runs a client's program; one in C is compiled first. A text says why it cannot be. */
function commandOf({ command, program }: Client): readonly [string, ...string[]] | string {
  const file = join(PROGRAMS, program);
  const [first, ...rest] = command;
  return first === undefined ? compile(file) : [first, ...rest, file];
}

const compiled = new Map<string, string>();

function compile(file: string): readonly [string] | string {
  const known = compiled.get(file);
  if (known !== undefined) return [known];
  const binary = join(tmpdir(), `clients-${process.pid}-proton`);
  const { status, stderr, error } = spawnSync('gcc', ['-O1', '-o', binary, file, '-lqpid-proton'], {
    encoding: 'utf8',
  });
  if (status !== 0) return `it cannot be compiled: ${error?.message ?? stderr.trim()}`;
  compiled.set(file, binary);
  return [binary];
}

/** What was compiled, to be removed in the end. */
export function compiledFiles(): readonly string[] {
  return [...compiled.values()];
}
