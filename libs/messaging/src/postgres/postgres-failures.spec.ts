import { createServer } from 'node:net';
import { describe, expect, it } from '@jest/globals';
import { Pool } from 'pg';
import { DependencyAwayError, PermanentError } from '../errors.js';
import { assess, classify } from '../retry/classify.js';
import { postgresFailures } from './postgres-failures.js';

const coded = (code: string) => Object.assign(new Error('from the database'), { code });

describe('failures of PostgreSQL', () => {
  it.each(['08000', '08006', '57P01', '57P02', '57P03', '53300', 'ECONNREFUSED', 'ECONNRESET', 'ETIMEDOUT'])(
    'takes %s for a database that is away, also inside the error of an ORM',
    (code) => {
      const expected = { kind: 'dependency-away', dependency: 'database' };
      expect(assess(postgresFailures, coded(code))).toEqual(expected);
      expect(assess(postgresFailures, new Error('Query failed', { cause: coded(code) }))).toEqual(expected);
    },
  );

  it.each(['23505', '40001', '40P01', '57014', '53100', '0800'])('takes %s for a transient failure', (code) => {
    expect(classify(postgresFailures, coded(code))).toBe('transient');
  });

  it('leaves what was judged already as it is', () => {
    const cause = coded('57P01');
    expect(classify(postgresFailures, new PermanentError('Rule', 'broken', { cause }))).toBe('permanent');
    expect(assess(postgresFailures, new DependencyAwayError('gateway', 'away', { cause }))).toMatchObject({
      dependency: 'gateway',
    });
  });

  it('knows the errors of a real pool: nobody listens, the server hangs up, and it does not answer in time', async () => {
    const failureOf = async (port: number, connectionTimeoutMillis: number) => {
      const pool = new Pool({ host: '127.0.0.1', port, connectionTimeoutMillis, user: 'u', database: 'd' });
      const failure: unknown = await pool.query('SELECT 1').catch((error: unknown) => error);
      await pool.end();
      return classify(postgresFailures, failure);
    };
    const rude = createServer((socket) => socket.once('data', () => socket.end()));
    const silent = createServer((socket) => void socket.resume());
    const port = async (server: typeof rude) => {
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      return (server.address() as { port: number }).port;
    };
    const rudePort = await port(rude);
    expect(await failureOf(rudePort, 5_000)).toBe('dependency-away');
    await new Promise((resolve) => rude.close(resolve));
    expect(await failureOf(rudePort, 5_000)).toBe('dependency-away');
    expect(await failureOf(await port(silent), 20)).toBe('dependency-away');
    await new Promise((resolve) => silent.close(resolve));
  });
});
