import { BrokerError, ERROR_CONDITIONS } from '../entities/errors.js';
import type { Disruption, Fault } from './fault.js';

type Loose = Readonly<Record<string, unknown>>;
/** What is wrong with a field; undefined when nothing is. */
type Check = (value: unknown) => string | undefined;

const wholeNumber =
  (least: number, most: number): Check =>
  (value) =>
    Number.isInteger(value) && (value as number) >= least && (value as number) <= most
      ? undefined
      : `must be a whole number from ${least} to ${most}`;
const text: Check = (value) => (typeof value === 'string' && value !== '' ? undefined : 'must be a text');
const condition: Check = (value) =>
  ERROR_CONDITIONS.some((one) => one === value) ? undefined : `must be one of ${ERROR_CONDITIONS.join(', ')}`;

const SCOPE: Readonly<Record<string, Check>> = { entity: text };
const BOUNDS: Readonly<Record<string, Check>> = { ...SCOPE, times: wholeNumber(1, 1_000_000) };

interface Shape {
  readonly required: Readonly<Record<string, Check>>;
  readonly optional: Readonly<Record<string, Check>>;
}

const FAULTS: Readonly<Record<Fault['kind'], Shape>> = {
  'refuse-sends': { required: { condition }, optional: { ...BOUNDS, description: text } },
  throttle: { required: {}, optional: BOUNDS },
  'delay-settlements': { required: { delayMs: wholeNumber(0, 600_000) }, optional: BOUNDS },
  'lose-settlements': { required: {}, optional: BOUNDS },
  'lose-send-replies': { required: {}, optional: BOUNDS },
};

const DISRUPTIONS: Readonly<Record<Disruption['kind'], Shape>> = {
  'drop-connections': { required: {}, optional: SCOPE },
  'detach-links': { required: {}, optional: SCOPE },
  'expire-locks': { required: {}, optional: SCOPE },
};

/** @throws BrokerError argument-error that lists everything wrong with the fault */
export function checkFault(fault: Fault): void {
  check(fault, FAULTS);
}

/** @throws BrokerError argument-error that lists everything wrong with the disruption */
export function checkDisruption(disruption: Disruption): void {
  check(disruption, DISRUPTIONS);
}

export function isDisruption(value: Fault | Disruption): value is Disruption {
  return Object.hasOwn(DISRUPTIONS, value.kind);
}

function check({ kind, ...fields }: Fault | Disruption, shapes: Readonly<Record<string, Shape>>): void {
  const shape = Object.hasOwn(shapes, kind) ? shapes[kind] : undefined;
  if (!shape) {
    throw refused([`kind must be one of ${[...Object.keys(FAULTS), ...Object.keys(DISRUPTIONS)].join(', ')}.`]);
  }
  const checks = { ...shape.required, ...shape.optional };
  const values = fields as Loose;
  const problems = Object.entries(checks).flatMap(([name, problemOf]) => {
    if (values[name] === undefined && !(name in shape.required)) return [];
    const problem = problemOf(values[name]);
    return problem === undefined ? [] : [`${name} ${problem}.`];
  });
  const unknown = Object.keys(values).filter((name) => !(name in checks));
  if (unknown.length > 0) problems.push(`${unknown.join(', ')} does not belong to '${kind}'.`);
  if (problems.length > 0) throw refused(problems);
}

function refused(problems: readonly string[]): BrokerError {
  return new BrokerError('com.microsoft:argument-error', `The fault cannot be: ${problems.join(' ')}`);
}
