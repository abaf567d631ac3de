import { NoToken, type TokenSource, tokenSource } from '@orderflow/service-kit/access-token';
import type { CommandContext } from '../command-context.js';
import { CommandError, UsageError } from '../command-error.js';

/** Headers of a request to a service: with a token where the settings say how to get one, else none. */
export type Credentials = () => Promise<Readonly<Record<string, string>>>;

/** For services that ask for no token. */
export const noCredentials: Credentials = async () => ({});

/**
 * What the environment says: `AUTH_TOKEN`, client credentials (`AUTH_TOKEN_URL` and the rest), or the identity of the
 * process for an `AUTH_SCOPE`.
 * @throws UsageError for settings that do not belong together
 */
export function findCredentials({ environment }: Pick<CommandContext, 'environment'>): Credentials {
  const source = sourceOf(environment);
  if (source === undefined) return noCredentials;
  return async () => ({ authorization: `Bearer ${await reported(source)}` });
}

function sourceOf(environment: NodeJS.ProcessEnv): TokenSource | undefined {
  try {
    return tokenSource(environment);
  } catch (error) {
    throw error instanceof NoToken ? new UsageError(error.message) : error;
  }
}

/** @throws CommandError that says why there is no token */
export async function reported(source: TokenSource): Promise<string> {
  try {
    return await source();
  } catch (cause) {
    throw new CommandError((cause as Error).message, { cause });
  }
}
