import { z } from 'zod';
import { readSecret } from '../config/read-secret.js';

/** Answers an access token that is good for a while. */
export type TokenSource = () => Promise<string>;

/** The variables that say how a caller gets its tokens. */
export interface TokenVariables {
  /** A token as it is, from elsewhere. */
  readonly AUTH_TOKEN?: string | undefined;
  /** The issuer's token endpoint, for client credentials (RFC 6749, section 4.4). */
  readonly AUTH_TOKEN_URL?: string | undefined;
  readonly AUTH_CLIENT_ID?: string | undefined;
  readonly AUTH_CLIENT_SECRET?: string | undefined;
  /** A file that holds the secret; read again for each token. */
  readonly AUTH_CLIENT_SECRET_FILE?: string | undefined;
  /** With the above: what is asked for, separated by spaces. Alone: the identity of the process asks for it. */
  readonly AUTH_SCOPE?: string | undefined;
}

/** No token can be had; says what to set or who refused. */
export class NoToken extends Error {
  override readonly name = 'NoToken';
}

export interface TokenSourceOptions {
  /** Milliseconds since some moment, never set back; the machine's by default. */
  readonly now?: () => number;
  /** Added to the form that asks for a token. */
  readonly form?: Readonly<Record<string, string>>;
}

/**
 * Where the variables say that tokens come from; undefined when they name nothing, as where no tokens are asked for.
 * @throws NoToken for variables that do not belong together
 */
export function tokenSource(variables: TokenVariables, options: TokenSourceOptions = {}): TokenSource | undefined {
  const { AUTH_TOKEN: token, AUTH_TOKEN_URL: url, AUTH_CLIENT_ID: id, AUTH_SCOPE: scope } = variables;
  if (token) return async () => token;
  if (url) {
    const client = clientOf(variables);
    return keepToken(() => clientCredentials(url, client, { scope, ...options.form }), options.now);
  }
  if (id) throw new NoToken('AUTH_CLIENT_ID is set and AUTH_TOKEN_URL is not: say where the issuer gives tokens.');
  return scope ? keepToken(() => tokenOfProcess(scope), options.now) : undefined;
}

interface Fetched {
  readonly token: string;
  readonly lifetimeMs: number;
}

/** A token is replaced when a tenth of its life is left, by one request for everybody who waits. */
function keepToken(fetchToken: () => Promise<Fetched>, now = () => performance.now()): TokenSource {
  let kept: { readonly token: string; readonly until: number } | undefined;
  let asking: Promise<string> | undefined;
  const ask = async (): Promise<string> => {
    const askedAt = now();
    const { token, lifetimeMs } = await fetchToken();
    kept = { token, until: askedAt + lifetimeMs * 0.9 };
    return token;
  };
  return async () => {
    if (kept !== undefined && now() < kept.until) return kept.token;
    asking ??= ask().finally(() => (asking = undefined));
    return asking;
  };
}

interface Client {
  readonly id: string;
  readonly secret: () => string;
}

function clientOf({
  AUTH_CLIENT_ID: id,
  AUTH_CLIENT_SECRET: secret,
  AUTH_CLIENT_SECRET_FILE: file,
}: TokenVariables): Client {
  if (!id || (!secret && !file)) {
    throw new NoToken('AUTH_TOKEN_URL needs AUTH_CLIENT_ID, and AUTH_CLIENT_SECRET or AUTH_CLIENT_SECRET_FILE.');
  }
  if (secret && file) throw new NoToken('AUTH_CLIENT_SECRET and AUTH_CLIENT_SECRET_FILE are both set: choose one.');
  return { id, secret: () => (file ? readSecret(file) : (secret ?? '')) };
}

const answerSchema = z.object({ access_token: z.string().min(1), expires_in: z.number().positive().default(300) });
/** What an issuer says of a refusal (RFC 6749, section 5.2). */
const refusalSchema = z.object({ error: z.string(), error_description: z.string().optional() });
const timeoutMs = 10_000;

async function clientCredentials(
  url: string,
  { id, secret }: Client,
  form: Readonly<Record<string, string | undefined>>,
): Promise<Fetched> {
  const given = Object.entries(form).filter((entry): entry is [string, string] => Boolean(entry[1]));
  const body = new URLSearchParams([
    ['grant_type', 'client_credentials'],
    ['client_id', id],
    ['client_secret', secret()],
    ...given,
  ]);
  const answer = await fetch(url, {
    method: 'POST',
    body,
    redirect: 'error',
    signal: AbortSignal.timeout(timeoutMs),
  }).catch((cause: unknown) => {
    throw new NoToken(`The issuer does not answer at ${url}.`, { cause });
  });
  const text = await answer.text();
  if (!answer.ok) throw new NoToken(`The issuer at ${url} gives no token: ${refusalOf(text, answer.status)}`);
  const parsed = answerSchema.safeParse(jsonOf(text));
  if (!parsed.success) throw new NoToken(`The issuer at ${url} answered something else than a token.`);
  return { token: parsed.data.access_token, lifetimeMs: parsed.data.expires_in * 1_000 };
}

function refusalOf(text: string, status: number): string {
  const { data } = refusalSchema.safeParse(jsonOf(text));
  return data ? [data.error, data.error_description].filter(Boolean).join(': ') : `it answers ${status}`;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Whoever asked finds that it has not the shape that it needs.
    return undefined;
  }
}

/** A managed or workload identity, the environment, or `az login`; Azure's library is loaded where it is used. */
async function tokenOfProcess(scope: string): Promise<Fetched> {
  const { DefaultAzureCredential } = await import('@azure/identity');
  const found = await new DefaultAzureCredential().getToken(scope.split(' '));
  return { token: found.token, lifetimeMs: Math.max(0, found.expiresOnTimestamp - Date.now()) };
}
