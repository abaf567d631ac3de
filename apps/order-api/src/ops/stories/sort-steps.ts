import type { StoryEdge, StoryStep } from './story-view.js';

/**
 * Steps in an order that could have been: none before one that led to it, and by time as far as that is known. One whose
 * time is not known comes as early as it can.
 */
export function sortSteps(steps: readonly StoryStep[], edges: readonly StoryEdge[]): StoryStep[] {
  const left = new Map(steps.map((step) => [step.id, step]));
  const sorted: StoryStep[] = [];
  while (left.size > 0) {
    const blocked = new Set(edges.filter(({ from }) => left.has(from)).map(({ to }) => to));
    const free = [...left.values()].filter(({ id }) => !blocked.has(id));
    // What is told in a circle, by clocks or ids that cannot be, is told all the same.
    const next = (free.length > 0 ? free : [...left.values()]).reduce((one, other) =>
      isEarlier(other, one) ? other : one,
    );
    left.delete(next.id);
    sorted.push(next);
  }
  return sorted;
}

function isEarlier(one: StoryStep, other: StoryStep): boolean {
  return earliestOf(one) < earliestOf(other);
}

function earliestOf({ time, notBefore }: StoryStep): string {
  return time ?? notBefore ?? '';
}
