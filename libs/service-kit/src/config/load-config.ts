import { z } from 'zod';
import { type BrokerVariables, brokerAddressProblem } from './broker-address.js';
import { notesOf } from './variable.js';

/** Environment variables by name. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** The environment is not what the service needs; the message lists every problem, one a line. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';

  constructor(readonly problems: readonly string[]) {
    super(`The configuration is not usable:\n${problems.map((problem) => `  ${problem}`).join('\n')}`);
  }
}

/**
 * Reads and checks the variables that a schema names, all at once. An empty variable counts as absent, as `.env` files
 * and deployment templates write it. Values never appear in the error, so that it can be logged.
 * @throws ConfigError
 */
export function loadConfig<S extends z.ZodObject>(schema: S, env: Environment): Readonly<z.output<S>> {
  const present = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined && value !== ''));
  const result = schema.safeParse(present);
  if (result.success) return Object.freeze(result.data);
  throw new ConfigError(result.error.issues.map((issue) => explainIssue(schema, issue, present)));
}

function explainIssue(schema: z.ZodObject, issue: z.core.$ZodIssue, present: Environment): string {
  const name = String(issue.path[0] ?? '');
  const field: unknown = schema.shape[name];
  if (!(field instanceof z.ZodType)) return issue.message;
  const { description, example } = notesOf(field);
  const wrong = name in present || issue.code === 'custom' ? issue.message : 'is not set';
  return `${name} ${wrong}${description ? ` (${description}; example: ${example})` : ''}`;
}

/**
 * Adds the rules that the broker has exactly one address, and that it can do what is asked of it; for schemas with the
 * broker's variables.
 */
export function requireBrokerAddress<S extends z.ZodObject>(schema: S): S {
  return schema.superRefine(
    (env, context) => {
      // One with a problem of its own has no value here.
      const wrong = new Set(context.issues.map(({ path }) => path?.[0]));
      const problem = wrong.has('RABBITMQ_URL') ? undefined : brokerAddressProblem(env as BrokerVariables);
      if (problem !== undefined) context.addIssue({ code: 'custom', message: problem });
      if (env['MESSAGING_TRANSPORT'] === 'rabbitmq' && env['ORDERED'] === true) {
        const message = 'ORDERED needs queues with sessions, which RabbitMQ has not: leave it out, or use Service Bus.';
        context.addIssue({ code: 'custom', message });
      }
    },
    { when: () => true },
  ) as S;
}
