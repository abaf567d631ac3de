import { NoToken, type TokenVariables, tokenSource } from '@orderflow/service-kit/access-token';
import type { CommandContext } from '../command-context.js';
import { UsageError } from '../command-error.js';
import { reported } from './access-token.js';

export interface TokenFlags {
  readonly scope?: readonly string[];
  readonly customer?: string;
}

/** The development issuer of docker-compose.yml, at the address where this machine reaches it. */
const developmentIssuer: TokenVariables = {
  AUTH_TOKEN_URL: 'http://localhost:3005/token',
  AUTH_CLIENT_ID: 'orderflow',
  AUTH_CLIENT_SECRET: 'local-only',
};

/**
 * Prints a token, and nothing else, so that it can be put into a header.
 * @throws CommandError when the issuer gives none, UsageError for settings that do not belong together
 */
export async function printToken({ environment }: CommandContext, { scope, customer }: TokenFlags): Promise<void> {
  const { AUTH_TOKEN: _, ...settings } = environment as TokenVariables;
  const variables = settings.AUTH_TOKEN_URL ? settings : { ...developmentIssuer, ...clientSettings(settings) };
  const form = { ...(scope && { scope: scope.join(' ') }), ...(customer !== undefined && { customer }) };
  console.log(await reported(sourceFor(variables, form)));
}

/** A client of its own and another secret may be set for the development issuer as well. */
function clientSettings({
  AUTH_CLIENT_ID,
  AUTH_CLIENT_SECRET,
  AUTH_CLIENT_SECRET_FILE,
}: TokenVariables): TokenVariables {
  return {
    ...(AUTH_CLIENT_ID && { AUTH_CLIENT_ID }),
    ...(AUTH_CLIENT_SECRET && { AUTH_CLIENT_SECRET }),
    ...(AUTH_CLIENT_SECRET_FILE && { AUTH_CLIENT_SECRET: undefined, AUTH_CLIENT_SECRET_FILE }),
  };
}

function sourceFor(variables: TokenVariables, form: Readonly<Record<string, string>>) {
  try {
    const source = tokenSource(variables, { form });
    if (source) return source;
  } catch (error) {
    throw error instanceof NoToken ? new UsageError(error.message) : error;
  }
  throw new UsageError('Nothing says where tokens come from: set AUTH_TOKEN_URL.');
}
