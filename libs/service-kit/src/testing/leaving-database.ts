import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startPostgres } from '@orderflow/local-postgres';
import { migrateService, openServiceDatabase } from './service-database.js';

/** A service's database that can be away, and come back with what it held. */
export interface LeavingDatabase {
  readonly url: string;
  leave(): Promise<void>;
  comeBack(): Promise<void>;
  /** Ends it and removes its data. */
  close(): Promise<void>;
}

/** A PostgreSQL of its own: while it is stopped, connections are refused. */
export async function openStoppingDatabase(migrations: URL): Promise<LeavingDatabase> {
  const home = await mkdtemp(join(tmpdir(), 'orderflow-stopping-'));
  const dataDir = join(home, 'data');
  let server = await startPostgres({ dataDir, durable: false, databases: ['service'] });
  const url = server.url('service');
  await migrateService(url, fileURLToPath(migrations));
  return {
    url,
    leave: () => server.stop(),
    comeBack: async () => {
      server = await startPostgres({ dataDir, durable: false, port: server.port });
    },
    close: async () => {
      await server.stop();
      await rm(home, { recursive: true, force: true, maxRetries: 10 });
    },
  };
}

/** Behind a port that, while the database is away, cuts what there is, accepts what comes, and never answers. */
export async function openSilentDatabase(app: string, migrations: URL): Promise<LeavingDatabase> {
  const database = await openServiceDatabase(app, migrations);
  const target = new URL(database.url);
  const sockets = new Set<Socket>();
  let away = false;
  const keep = (socket: Socket) => {
    sockets.add(socket);
    // A connection that is cut fails at both ends; whoever used it hears of it there.
    socket.on('error', () => socket.destroy()).on('close', () => sockets.delete(socket));
    return socket;
  };
  const port = createServer((client) => {
    keep(client);
    if (away) return client.resume();
    const server = keep(connect(Number(target.port), target.hostname));
    client.pipe(server).pipe(client);
    client.on('close', () => server.destroy());
    return server.on('close', () => client.destroy());
  });
  port.listen(0, '127.0.0.1');
  await once(port, 'listening');
  const url = new URL(database.url);
  url.port = String((port.address() as { port: number }).port);
  const cut = () => {
    for (const socket of sockets) socket.destroy();
  };
  const turn = (toAway: boolean) => async () => {
    away = toAway;
    cut();
  };
  return {
    url: url.href,
    leave: turn(true),
    comeBack: turn(false),
    close: async () => {
      cut();
      port.close();
      await once(port, 'close');
      await database.close();
    },
  };
}
