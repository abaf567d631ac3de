import { createHash } from 'node:crypto';
import { type Census, keyOf } from './census.js';
import { unreachableAs } from './path.js';
import type { AwaitPoint, Moment } from './points.js';
import type { Fault, Strike } from './protocol.js';
import type { Scenario } from './scenarios.js';

/** One strike at one point. */
export interface Case {
  readonly name: string;
  readonly strike: Strike;
  /** Those that reach the point, best first. */
  readonly scenarios: readonly Scenario[];
}

/** A choice among the cases. */
export interface Sample {
  /** How many of each fault; kills are never left out, as they are what happens most. */
  readonly size: number;
  /** Equal seeds choose equally among equal points. */
  readonly seed: string;
}

/** Every case that there is at these moments, those of one fault together. */
export function planCases(
  points: readonly AwaitPoint[],
  { reachedIn }: Pick<Census, 'reachedIn'>,
  strikes: ReadonlyMap<Fault, readonly Moment[]>,
): readonly Case[] {
  return [...strikes].flatMap(([fault, at]) =>
    points.flatMap((point, id) =>
      at.flatMap((moment) => {
        const reachedBy = reachedIn.get(keyOf(id, moment));
        // The sort is stable: the others stay in their order.
        const scenarios = reachedBy?.toSorted((a, b) => strikesFirst(b, point) - strikesFirst(a, point));
        const name = `${fault} ${moment} ${point.file}:${point.line}:${point.column} (${point.name})`;
        const isListed = unreachableAs(`${point.name} (${moment})`) !== undefined;
        return scenarios === undefined || isListed ? [] : [{ name, strike: { id, moment, fault }, scenarios }];
      }),
    ),
  );
}

function strikesFirst({ strikesFile }: Scenario, { file }: AwaitPoint): number {
  return Number(strikesFile === file);
}

/** All kills, and so many cases of each other fault: those whose digests with the seed come first. */
export function choose(cases: readonly Case[], { size, seed }: Sample): readonly Case[] {
  const rank = ({ name }: Case): string => digest(`${seed} ${name}`);
  const faults = [...new Set(cases.map(({ strike }) => strike.fault))];
  const chosen = faults.flatMap((fault) => {
    const ofFault = cases.filter(({ strike }) => strike.fault === fault);
    if (fault === 'kill') return ofFault;
    return ofFault.sort((a, b) => (rank(a) < rank(b) ? -1 : 1)).slice(0, size);
  });
  return cases.filter((one) => chosen.includes(one));
}

/** A seed that changes whenever an `await` comes, goes or moves: each version of the source strikes elsewhere. */
export function seedOf(points: readonly AwaitPoint[]): string {
  return digest(points.map(({ name, line, column }) => `${name}:${line}:${column}`).join('\n')).slice(0, 8);
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
