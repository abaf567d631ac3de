import { variablesToSet } from '../terraform/tests/app-variables.ts';
import { withDefaults } from './compose-file.ts';
import { each, type Rule, when } from './compose-rule.ts';

/** order-api's image once more, with the same database. */
export const OPERATIONS = 'operations';

/** The app that a service runs; undefined for what is none. */
export const appOf = (name: string): string | undefined => {
  const app = name === OPERATIONS ? 'order-api' : name;
  return variablesToSet().has(app as never) ? app : undefined;
};

export const isApp = (name: string): boolean => appOf(name) !== undefined;

/** What only the service that operates is told. */
export const OF_OPERATIONS = [
  'OPS_QUEUES',
  'OPS_WORKERS',
  'OPS_MONITOR_INTERVAL',
  'OPS_EXPORT_KEY',
  'AUTH_TOKEN_URL',
  'AUTH_CLIENT_ID',
  'AUTH_CLIENT_SECRET',
];

/** Whoever may order gets no way to the dead letters of everybody; who operates is told all that it needs for its part. */
export const onlyOperationsOperate: Rule = (services) => [
  ...each(services, (name, { environment = {} }) =>
    when(environment['OPS'] === 'true' && name !== OPERATIONS, `${name} serves /ops beside ${OPERATIONS}`),
  ),
  ...when(services[OPERATIONS] === undefined, 'nobody serves /ops'),
  ...each(services, (name, { environment = {}, image }) => {
    if (name !== OPERATIONS) return [];
    const consumers = withDefaults(environment['OPS_WORKERS'] ?? '');
    return [
      ...when(withDefaults(image) !== 'orderflow/order-api:latest', `${name} runs ${image}, which has no /ops`),
      ...when(environment['OPS'] !== 'true', `${name} serves no /ops`),
      ...OF_OPERATIONS.filter((variable) => !(variable in environment)).map(
        (variable) => `${name} is not given ${variable}`,
      ),
      ...Object.keys(services)
        .filter((other) => isApp(other) && other.endsWith('-worker') && !consumers.includes(`=http://${other}:`))
        .map((other) => `${name} does not know what ${other} consumes: no replay is confirmed`),
    ];
  }),
];
