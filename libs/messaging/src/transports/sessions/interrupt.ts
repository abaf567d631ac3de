import { setMaxListeners } from 'node:events';

/** Wakes whoever waits without need, to look around: each waits on the signal of its time. */
export class Interrupt {
  #controller = newController();

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  now(): void {
    const interrupted = this.#controller;
    this.#controller = newController();
    interrupted.abort();
  }
}

function newController(): AbortController {
  const controller = new AbortController();
  setMaxListeners(0, controller.signal); // one for each session
  return controller;
}
