import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { System } from '../system.js';
import { until } from '../until.js';

/** Calls the management interface of the RabbitMQ of a system. @throws Error with its answer when that is no success */
export async function manage(
  system: System,
  method: 'GET' | 'POST' | 'DELETE',
  path: string,
  body?: unknown,
): Promise<unknown> {
  const { username, password } = new URL(system.rabbitMqUrl);
  const response = await fetch(`http://127.0.0.1:${system.ports['broker-management']}/api/${path}`, {
    method,
    headers: { authorization: `Basic ${btoa(`${username}:${password}`)}`, 'content-type': 'application/json' },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`RabbitMQ answered ${response.status} to ${method} ${path}: ${text}`);
  return text === '' ? undefined : JSON.parse(text);
}

/** Puts a message into a queue as a program without our library does. */
export async function publish(system: System, queue: string, message: ForeignMessage): Promise<void> {
  const answer = await manage(system, 'POST', 'exchanges/%2F/amq.default/publish', {
    routing_key: queue,
    payload: message.payload,
    payload_encoding: 'string',
    properties: message.properties,
  });
  if ((answer as { routed: boolean }).routed !== true) throw new Error(`There is no queue ${queue}.`);
}

export interface ForeignMessage {
  readonly payload: string;
  readonly properties: Readonly<Record<string, unknown>>;
}

/** What `kill -9` does to the server itself; its keeper notices. */
export async function killServer(system: System): Promise<void> {
  const written = await readFile(join(system.state, 'rabbitmq', 'server.pid'), 'utf8');
  process.kill((JSON.parse(written) as { pid: number }).pid, 'SIGKILL');
}

/** How many connections there are at least while each service has one. */
const services = 4;

/** Cuts every connection, of all services. */
export async function cutConnections(system: System): Promise<void> {
  // RabbitMQ lists a new one only after some seconds.
  const connections = await until(
    'the connections of all services are listed',
    async () => (await manage(system, 'GET', 'connections')) as readonly { readonly name: string }[],
    ({ length }) => length >= services,
  );
  // One that has gone meanwhile is cut as well.
  const gone = (error: Error): void => {
    if (!error.message.includes('404')) throw error;
  };
  await Promise.all(
    connections.map(({ name }) => manage(system, 'DELETE', `connections/${encodeURIComponent(name)}`).catch(gone)),
  );
}
