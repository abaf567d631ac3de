import { AdvancingClock } from '../src/testing/advancing-clock.js';

/** Counts what is planned and not over yet. */
export class CountingClock extends AdvancingClock {
  /** How often something was planned in so many milliseconds from then. */
  readonly planned: number[] = [];
  pending = 0;

  override schedule(at: number, action: () => void): () => void {
    this.planned.push(Math.round((at - this.now()) / 1_000) * 1_000);
    let isPending = true;
    this.pending += 1;
    const end = (): void => {
      if (isPending) this.pending -= 1;
      isPending = false;
    };
    const cancel = super.schedule(at, () => {
      end();
      action();
    });
    return () => {
      end();
      cancel();
    };
  }
}
