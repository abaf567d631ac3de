import { Problem } from '@orderflow/service-kit';
import type { OpsPlace } from './ops-variables.js';

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
