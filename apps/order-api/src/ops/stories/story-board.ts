import type { StoryEdge, StoryStep } from './story-view.js';

/** The steps of a story and what led to what, as they are found. */
export class StoryBoard {
  readonly edges: StoryEdge[] = [];
  readonly #steps = new Map<string, StoryStep>();

  get steps(): readonly StoryStep[] {
    return [...this.#steps.values()];
  }

  add(step: StoryStep): void {
    this.#steps.set(step.id, step);
  }

  find(id: string): StoryStep | undefined {
    return this.#steps.get(id);
  }

  edge(from: string, to: string, kind: StoryEdge['kind']): void {
    this.edges.push({ from, to, kind });
  }
}
