import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { newPlace, RabbitMqServer, removeServer, type ServerPlace } from './rabbitmq-server.js';

/** Names the folder in which the specs of one run agree on their broker. */
export const sharedFolderVariable = 'MESSAGING_TEST_RABBITMQ_FOLDER';
const pollMs = 200;

interface Shared {
  readonly place: ServerPlace;
  readonly pid: number;
}

/** The broker that all specs of a run share: the first that asks starts it, the others wait for it. */
export async function sharedServer(): Promise<ServerPlace> {
  const folder = process.env[sharedFolderVariable];
  if (folder === undefined) throw new Error(`${sharedFolderVariable} is not set: Jest's global setup did not run.`);
  if (!isFirst(folder)) return (await announced(folder)).place;
  const server = await RabbitMqServer.start(await newPlace());
  server.detach();
  const shared: Shared = { place: server.place, pid: server.pid };
  writeFileSync(join(folder, 'server.tmp'), JSON.stringify(shared));
  renameSync(join(folder, 'server.tmp'), join(folder, 'server.json'));
  return server.place;
}

/** Ends the broker of a run, if any spec asked for it. */
export function removeSharedServer(folder: string): void {
  const shared = read(folder);
  if (shared !== undefined) removeServer(shared.place, shared.pid);
}

function isFirst(folder: string): boolean {
  try {
    mkdirSync(join(folder, 'starting'));
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** Another process starts it, and there is nothing to be woken by. */
async function announced(folder: string): Promise<Shared> {
  for (let tries = 0; tries < 1_000; tries += 1) {
    const shared = read(folder);
    if (shared !== undefined) return shared;
    await delay(pollMs);
  }
  throw new Error('The spec that was to start RabbitMQ did not.');
}

function read(folder: string): Shared | undefined {
  try {
    return JSON.parse(readFileSync(join(folder, 'server.json'), 'utf8')) as Shared;
  } catch {
    return undefined;
  }
}
