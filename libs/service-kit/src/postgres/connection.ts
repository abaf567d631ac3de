import { preparing, type StatementNames } from '@orderflow/messaging/postgres';
import { Client, type ClientConfig, type PoolConfig } from 'pg';
import { parseIntoClientConfig } from 'pg-connection-string';

/** Answers a password each time a connection is opened. */
export type PasswordSource = () => Promise<string>;

/**
 * When a prepared statement is planned. A plan made while a table was small would be kept when it has grown, so mostly each
 * time. Once a connection where the best plan is the same whatever tables hold, as for an insert of given values: planning
 * one of a few rows takes a quarter of its time or more.
 */
export type Plans = 'each-time' | 'once';

const planCacheModes: Readonly<Record<Plans, string>> = {
  'each-time': 'force_custom_plan',
  once: 'force_generic_plan',
};

/** The scope of Entra tokens for Azure Database for PostgreSQL (Learn: "Use Microsoft Entra ID for authentication"). */
const ENTRA_SCOPE = 'https://ossrdbms-aad.database.windows.net/.default';

/**
 * Where and as whom to connect. A URL without a password stands for the identity of the process: each new connection
 * presents a fresh Entra token as its password, so that there is no secret and nothing that expires in use.
 * @param prepare names the statements that come again, so that they are prepared; none is without
 * @param plans of the statements that are prepared
 */
export function connectionOf(
  url: string,
  withoutPassword: PasswordSource = entraToken,
  prepare?: StatementNames,
  plans: Plans = 'each-time',
): PoolConfig {
  const connection = parseIntoClientConfig(url);
  const Connection = connection.password ? Client : clientWith(withoutPassword);
  if (prepare === undefined) return { ...connection, Client: Connection };
  const options = [connection.options, `-c plan_cache_mode=${planCacheModes[plans]}`].filter(Boolean).join(' ');
  return { ...connection, options, Client: preparing(Connection, prepare) };
}

/** The same for a URL that is rotated: asked for, and parsed, anew for each connection. */
export function connectionFrom(
  currentUrl: () => string,
  withoutPassword?: PasswordSource,
  prepare?: StatementNames,
  plans?: Plans,
): PoolConfig {
  return {
    // A pool makes its clients by calling this with its own options; what the URL says wins.
    Client: function connect(options?: ClientConfig): Client {
      const { Client: Connection, ...settings } = connectionOf(currentUrl(), withoutPassword, prepare, plans);
      return new (Connection as typeof Client)({ ...options, ...settings });
    } as unknown as typeof Client,
  };
}

/**
 * `pg` can ask for a password itself, but only once the server waits for it: when there is none, that connection would
 * stay open until the server gives up. This client asks before it connects.
 */
function clientWith(source: PasswordSource): typeof Client {
  return class extends Client {
    override connect(): Promise<Client>;
    override connect(callback: (error: Error) => void): void;
    override connect(callback?: (error: Error) => void): Promise<Client> | void {
      const connected = source().then((password) => {
        this.password = password;
        return super.connect();
      });
      if (!callback) return connected as unknown as Promise<Client>;
      connected.then(() => (callback as (error?: Error) => void)(), callback);
    }
  };
}

/** The credential keeps its token until shortly before it expires. */
let credential: Promise<{ getToken(scope: string): Promise<{ token: string } | null> }> | undefined;

async function entraToken(): Promise<string> {
  credential ??= import('@azure/identity').then(({ DefaultAzureCredential }) => new DefaultAzureCredential());
  const token = await (await credential).getToken(ENTRA_SCOPE);
  if (!token) throw new Error('The identity of this process got no token for PostgreSQL.');
  return token.token;
}
