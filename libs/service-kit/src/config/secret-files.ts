import type { z } from 'zod';
import { ConfigError, type Environment } from './load-config.js';
import { readSecret, secretsOfFiles } from './read-secret.js';
import { notesOf } from './variable.js';

const suffix = '_FILE';

/** For a log line about a file that cannot be read any more. */
export const secretKept = 'a secret could not be read again; the last one is used on';

/** Reads the secret again; what it was before where that fails. */
export type SecretSource = () => string;

/**
 * The environment with every secret that a file holds: `DATABASE_URL_FILE` names the file of `DATABASE_URL`. Orchestrators
 * mount secrets as files, which no process listing shows and which change when the secret is rotated.
 * @throws ConfigError for a file that cannot be read or is empty, and for a secret that is given in both ways
 */
export function readSecretFiles(schema: z.ZodObject, env: Environment): Environment {
  const { found, problems } = secretsOfFiles(env, secretsIn(schema));
  if (problems.length > 0) throw new ConfigError(problems);
  return { ...env, ...found };
}

/** Secrets that the schema lets a file hold. */
function secretsIn({ shape }: z.ZodObject): readonly string[] {
  return Object.entries(shape)
    .filter(([name, type]) => `${name}${suffix}` in shape && notesOf(type as z.ZodType).secret === true)
    .map(([name]) => name);
}

/**
 * A secret for each new connection. While the file is being replaced it may be gone for a moment: then, and for one that
 * stays away, the value that was read last is used on.
 * @param first what the configuration read
 * @param onError told of every reading that failed
 */
export function secretSource(first: string, file: string | undefined, onError: (error: unknown) => void): SecretSource {
  if (file === undefined) return () => first;
  let last = first;
  return () => {
    try {
      last = readSecret(file);
    } catch (error) {
      onError(error);
    }
    return last;
  };
}
