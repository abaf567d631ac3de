import type { Capabilities } from '@orderflow/messaging';
import { Problem } from '@orderflow/service-kit';
import type { OpsPlace } from './ops-variables.js';

/** Of places those that this broker has: where dead letters are handed out to be looked at, subscriptions hold none. */
export function placesOn({ browsing }: Capabilities, all: readonly OpsPlace[]): readonly OpsPlace[] {
  return browsing === 'requeue' ? all.filter(({ name, target }) => name === target) : all;
}

/** The queues and subscriptions that are operated. */
export class Places {
  readonly all: readonly OpsPlace[];
  readonly #byName: ReadonlyMap<string, OpsPlace>;

  constructor(all: readonly OpsPlace[]) {
    this.all = all;
    this.#byName = new Map(all.map((place) => [place.name, place]));
  }

  /** @throws Problem 404 for one that is not operated */
  find(name: string): OpsPlace {
    const found = this.#byName.get(name);
    if (found) return found;
    const detail = `There is no queue "${name.slice(0, 100)}" here. There are: ${[...this.#byName.keys()].join(', ')}.`;
    throw new Problem(404, 'queue-not-found', detail);
  }
}
