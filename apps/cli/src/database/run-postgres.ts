import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { startPostgres } from '@orderflow/local-postgres';
import { isSupervised, reportReady, untilAskedToStop } from '../child/supervised.js';
import { describeReadable, keepNewFilesPrivate, makePrivate } from '../private-files.js';

export interface RunPostgresOptions {
  readonly dataDir: string;
  readonly port: number;
  readonly databases: readonly string[];
}

/** What is reported to the supervisor when the server accepts connections. */
export interface PostgresFacts {
  /** Connection URLs by database. */
  readonly urls: Readonly<Record<string, string>>;
}

/**
 * Runs PostgreSQL until asked to stop. A process of its own, so that the server ends in order even when the supervisor
 * is killed. Rejects when the server ends by itself.
 */
export async function runPostgres({ dataDir, port, databases }: RunPostgresOptions): Promise<void> {
  keepNewFilesPrivate();
  if (!isSupervised()) tightenCluster(dataDir);
  await untilAskedToStop(async (asked) => {
    const server = await startPostgres({ dataDir, port, databases, log: console.log });
    console.log(`PostgreSQL listens on 127.0.0.1:${server.port}, its data is in ${server.dataDir}`);
    // What a supervised process prints is a log, where no password belongs.
    if (!isSupervised()) {
      for (const name of databases.length > 0 ? databases : ['postgres']) console.log(server.url(name));
    }
    reportReady({
      urls: Object.fromEntries(databases.map((name) => [name, server.url(name)])),
    } satisfies PostgresFacts);
    await Promise.race([asked, server.ended]);
    await server.stop();
  });
}

/** PostgreSQL refuses to use a directory that others can read. What is none of its directories is left alone. */
function tightenCluster(dataDir: string): void {
  const readable = describeReadable(existsSync(join(dataDir, 'PG_VERSION')) ? makePrivate([dataDir]) : []);
  if (readable !== undefined) console.log(readable);
}
