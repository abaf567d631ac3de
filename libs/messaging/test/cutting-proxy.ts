import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import pg from 'pg';

/**
 * A pool whose connections pass a commit on to the server, and are cut when the server's answer to it comes back: the
 * work is done, and its author cannot know.
 *
 * @param commit what the text of a statement that commits contains
 */
export async function connectThroughCuttingProxy(
  target: pg.Pool,
  commit = 'COMMIT',
): Promise<{ readonly pool: pg.Pool; close(): Promise<void> }> {
  const server = new URL(target.options.connectionString ?? '');
  const proxy = createServer((client) => {
    const upstream = connect(Number(server.port), server.hostname);
    let committing = false;
    client.on('data', (data) => {
      committing ||= data.includes(commit);
      upstream.write(data);
    });
    upstream.on('data', (data) => {
      if (committing) client.destroy();
      else client.write(data);
    });
    client.on('close', () => upstream.destroy());
    upstream.on('close', () => client.destroy());
    client.on('error', () => upstream.destroy());
    upstream.on('error', () => client.destroy());
  });
  proxy.listen(0, '127.0.0.1');
  await once(proxy, 'listening');

  const url = new URL(server);
  url.port = String((proxy.address() as AddressInfo).port);
  const pool = new pg.Pool({ connectionString: url.href });
  pool.on('error', () => undefined);
  return {
    pool,
    async close() {
      await pool.end();
      proxy.close();
      await once(proxy, 'close');
    },
  };
}
