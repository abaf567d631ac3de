import { once } from 'node:events';
import { createServer } from 'node:net';
import { CommandError } from '../command-error.js';

/** A port that a process would like to have. */
export interface PortWish {
  readonly name: string;
  readonly port: number;
  /** The environment variable that asks for another one. */
  readonly variable: string;
}

export interface ChosenPorts {
  /** The port of each wish, by its name. */
  readonly ports: ReadonlyMap<string, number>;
  /** One line for each port that came out otherwise than usual. */
  readonly notes: readonly string[];
}

/**
 * Gives each wish a port that is free on `host`. A usual port that is taken is replaced by the next free one; one that
 * was asked for in the environment is not: then this throws a {@link CommandError} that names all of them.
 */
export async function choosePorts(
  wishes: readonly PortWish[],
  environment: Readonly<Record<string, string | undefined>>,
  host: string,
): Promise<ChosenPorts> {
  const ports = new Map<string, number>();
  const problems: string[] = [];
  const notes: string[] = [];
  const isExplicit = ({ variable }: PortWish): boolean => (environment[variable] ?? '') !== '';
  for (const wish of wishes.filter(isExplicit)) {
    const written = environment[wish.variable] ?? '';
    const port = portNumber(written);
    if (port === undefined) problems.push(`${wish.variable}=${written} is no port (1 to 65535)`);
    else if ([...ports.values()].includes(port)) problems.push(`${wish.variable}=${port} is given twice`);
    else if (!(await isFree(port, host))) problems.push(`${wish.variable}=${port} is taken`);
    else ports.set(wish.name, port);
  }
  if (problems.length > 0) throw new CommandError(`Cannot use the ports asked for: ${problems.join('; ')}.`);
  for (const wish of wishes.filter((one) => !isExplicit(one))) {
    const others = wishes.filter((one) => one !== wish).map((one) => one.port);
    const port = await nextFree(wish.port, host, new Set([...ports.values(), ...others]));
    if (port !== wish.port) {
      notes.push(`Port ${wish.port} is taken: ${wish.name} uses ${port} (${wish.variable} sets another).`);
    }
    ports.set(wish.name, port);
  }
  return { ports, notes };
}

async function nextFree(wanted: number, host: string, reserved: ReadonlySet<number>): Promise<number> {
  for (let port = wanted; port <= 65_535; port += 1) {
    if (!reserved.has(port) && (await isFree(port, host))) return port;
  }
  throw new CommandError(`No port from ${wanted} on is free.`);
}

function portNumber(written: string): number | undefined {
  const port = Number(written);
  return Number.isInteger(port) && port >= 1 && port <= 65_535 ? port : undefined;
}

async function isFree(port: number, host: string): Promise<boolean> {
  const server = createServer();
  try {
    server.listen({ port, host, exclusive: true });
    await once(server, 'listening');
    return true;
  } catch (error) {
    if (['EADDRINUSE', 'EACCES'].includes((error as NodeJS.ErrnoException).code ?? '')) return false;
    throw error;
  } finally {
    await new Promise((closed) => server.close(closed));
  }
}
