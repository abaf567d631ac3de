import type { Draft } from '../codec/composite.js';
import type { DeliveryState } from '../codec/states.js';
import type { Output } from '../frames/output.js';
import { writeDisposition } from '../frames/write-hot.js';
import { advance } from '../serial.js';

/**
 * What we have settled and not said yet, of one session and role: neighbours that were accepted, or released, become
 * one frame. Nothing else is ever put together, so that no outcome is taken for another.
 */
export class Dispositions {
  readonly #output: Output;
  readonly #channel: number;
  readonly #role: boolean;
  #first = 0;
  #last = 0;
  #state: Draft<DeliveryState> | undefined;

  /** @param role true when we received the deliveries */
  constructor(output: Output, channel: number, role: boolean) {
    this.#output = output;
    this.#channel = channel;
    this.#role = role;
  }

  add(id: number, state: Draft<DeliveryState>): void {
    if (this.#state?.type === state.type && id === advance(this.#last, 1)) {
      this.#last = id;
      return;
    }
    this.write();
    this.#first = id;
    this.#last = id;
    this.#state = state;
    if (state.type !== 'accepted' && state.type !== 'released') this.write();
  }

  /** Says what waits. */
  write(): void {
    if (!this.#state) return;
    const fields = { role: this.#role, first: this.#first, last: this.#last, settled: true, state: this.#state };
    this.#state = undefined;
    writeDisposition(this.#output, this.#channel, fields);
  }
}
