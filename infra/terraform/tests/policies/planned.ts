import type { Environment, Plan, PlannedValue } from '../environment-plan.ts';

/** A rule that a plan must obey; answers what is wrong, in words that name the resource. */
export type Policy = (plan: Plan, environment: Environment) => readonly string[];

export type Policies = Readonly<Record<string, Policy>>;

export type Values = { readonly [name: string]: PlannedValue };

export const ofType = ({ resources }: Plan, ...types: readonly string[]): readonly Values[] =>
  resources.filter(({ type }) => types.includes(type)).map(({ values }) => values);

export const list = (value: PlannedValue | undefined): readonly Values[] =>
  Array.isArray(value) ? (value as Values[]) : [];
export const first = (value: PlannedValue | undefined): Values => list(value)[0] ?? {};
export const texts = (value: PlannedValue | undefined): readonly string[] =>
  Array.isArray(value) ? (value as PlannedValue[]).map(text) : [];
export const text = (value: PlannedValue | undefined): string =>
  typeof value === 'string' ? value : JSON.stringify(value ?? null);
export const when = (wrong: boolean, problem: string): readonly string[] => (wrong ? [problem] : []);

/** Whose identity a value belongs to: `principal_id of orderflow-prod-scaler` is `scaler`'s. */
export const workloadOf = (value: PlannedValue | undefined): string =>
  text(value).replace(/^(\w+ of )?orderflow-(dev|prod)-/, '');

export const APPS = ['order-api', 'order-worker', 'billing-worker', 'analytics-worker'] as const;

export const containerApps = (plan: Plan): readonly Values[] => ofType(plan, 'azurerm_container_app');
export const template = (app: Values): Values => first(app['template']);
export const containerOf = (app: Values): Values => first(template(app)['container']);

/** A variable of a container; undefined when it is a secret or not there. */
export function variableOf(app: Values, variable: string): string | undefined {
  const found = list(containerOf(app)['env']).find(({ name }) => name === variable)?.['value'];
  return typeof found === 'string' ? found : undefined;
}
