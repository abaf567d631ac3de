import type { EndState } from './bench.js';
import { kindsOf, resultSuffixes } from './messages.js';
import { offPath, unreachable, unreachableAs } from './path.js';
import { type AwaitPoint, type Moment, moments } from './points.js';
import type { Stage } from './run-case.js';
import { runUndisturbed } from './run-case.js';
import { type Scenario, scenarios } from './scenarios.js';
import { within } from './within.js';

/** What the scenarios reach, and lead to, when nothing strikes. */
export interface Census {
  readonly states: ReadonlyMap<Scenario, EndState>;
  /** The scenarios that reach a moment of a point, by its key. */
  readonly reachedIn: ReadonlyMap<string, readonly Scenario[]>;
}

/** Names a moment of a point, as the probe does. */
export function keyOf(id: number, moment: Moment): string {
  return `${id} ${moment}`;
}

/**
 * Runs every scenario undisturbed, one after the other.
 * @param limitMs how long one may take, in milliseconds
 * @throws Error that names the scenario when it takes longer or the system does not get quiet
 */
export async function takeCensus(
  place: Pick<Stage, 'bench' | 'replica'>,
  messages: number,
  limitMs: number,
): Promise<Census> {
  const states = new Map<Scenario, EndState>();
  const reachedIn = new Map<string, Scenario[]>();
  for (const [index, scenario] of scenarios.entries()) {
    const kinds = kindsOf(scenario.kinds, messages);
    let step = '';
    const begins = (what: string): void => void (step = what);
    const stage = { ...place, prefix: `census-${index}-`, kinds, waitFactor: 1, begins };
    const undisturbed = within(limitMs, () => step, runUndisturbed(scenario, stage));
    const { state, reached } = await undisturbed.catch((cause: unknown) => {
      throw new Error(`Undisturbed, in ${scenario.name}: ${String(cause)}`, { cause });
    });
    states.set(scenario, state);
    for (const key of reached) reachedIn.set(key, [...(reachedIn.get(key) ?? []), scenario]);
  }
  return { states, reachedIn };
}

/** What two censuses reached together. */
export function joined(one: Census, other: Census): Census {
  const reachedIn = new Map(one.reachedIn);
  for (const [key, among] of other.reachedIn) {
    reachedIn.set(key, [...new Set([...(reachedIn.get(key) ?? []), ...among])]);
  }
  return { states: other.states, reachedIn };
}

/** Whether a point was not reached that is not listed as unreachable. */
export function hasUnreached(census: Census, points: readonly AwaitPoint[], files: readonly string[]): boolean {
  return problemsOf(census, points, files).some((problem) => problem.startsWith(neverReached));
}

const neverReached = 'never reached: ';

/** What is wrong with the census: no case is worth its time then. */
export function problemsOf(
  { states, reachedIn }: Census,
  points: readonly AwaitPoint[],
  files: readonly string[],
): readonly string[] {
  const names = points.flatMap(({ name }, id) =>
    moments.map((moment) => ({ name: `${name} (${moment})`, reached: reachedIn.has(keyOf(id, moment)) })),
  );
  return [
    ...offPath.filter(({ of }) => !files.includes(of)).map(({ of }) => `off the path, but not loaded: ${of}`),
    ...unreachable
      .filter(({ of }) => !names.some(({ name }) => name.startsWith(of)))
      .map(({ of }) => `unreachable, but no such point: ${of}`),
    ...names
      .filter(({ name, reached }) => !reached && unreachableAs(name) === undefined)
      .map(({ name }) => `${neverReached}${name}`),
    ...names
      .filter(({ name, reached }) => reached && isUnexpected(name))
      .map(({ name }) => `reached after all: ${name}`),
    ...[...states].flatMap(([{ name }, state]) => problemsOfState(state).map((problem) => `${name}: ${problem}`)),
  ];
}

/** Whether the name is listed as one that is never reached. */
function isUnexpected(name: string): boolean {
  const exception = unreachableAs(name);
  return exception !== undefined && exception.sometimes !== true;
}

/** An undisturbed run is what all others are compared with, so it has to be right itself. */
function problemsOfState({ effects, inbox, results, falseResults, deadLetters }: EndState): readonly string[] {
  const problems: string[] = [];
  const once = (what: string, ids: readonly string[]): void => {
    if (new Set(ids).size !== ids.length) problems.push(`${what} more than once`);
  };
  once('effects', effects);
  if (effects.join() !== inbox.join()) problems.push('effects and inbox differ');
  const sent = effects.flatMap((id) => resultSuffixes.map((suffix) => `${id}${suffix}`));
  if (sent.join() !== results.join()) problems.push('effects and results differ');
  if (falseResults.length > 0) problems.push('false results');
  if (deadLetters.some((letter) => !letter.endsWith('refused Refused'))) problems.push('dead letters');
  return problems;
}
