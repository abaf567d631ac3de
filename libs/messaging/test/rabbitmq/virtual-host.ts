import type { ServerPlace } from './rabbitmq-server.js';

let count = 0;

/** A virtual host of its own on a broker for tests. */
export class VirtualHost {
  readonly name: string;
  readonly place: ServerPlace;

  private constructor(name: string, place: ServerPlace) {
    this.name = name;
    this.place = place;
  }

  static async create(place: ServerPlace): Promise<VirtualHost> {
    count += 1;
    const virtualHost = new VirtualHost(`test-${process.pid}-${count}`, place);
    await manage(place, 'PUT', `vhosts/${virtualHost.name}`);
    return virtualHost;
  }

  /** The URL of this virtual host behind a port: the broker's own, or that of a proxy before it. */
  url(port = this.place.port, user = 'guest:guest'): string {
    return `amqp://${user}@127.0.0.1:${port}/${this.name}`;
  }

  async remove(): Promise<void> {
    await manage(this.place, 'DELETE', `vhosts/${this.name}`);
  }
}

/** Calls the management interface. @throws Error with the broker's answer when it is no success */
export async function manage(
  { managementPort }: ServerPlace,
  method: 'GET' | 'PUT' | 'POST' | 'DELETE',
  path: string,
  body?: unknown,
): Promise<unknown> {
  const response = await fetch(`http://127.0.0.1:${managementPort}/api/${path}`, {
    method,
    headers: {
      authorization: `Basic ${Buffer.from('guest:guest').toString('base64')}`,
      'content-type': 'application/json',
      connection: 'close',
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`RabbitMQ answered ${response.status} to ${method} ${path}: ${text}`);
  return text === '' ? undefined : JSON.parse(text);
}
