/** How many letters of a stage are in which state. */
export interface StageCounts {
  readonly waiting: number;
  readonly sending: number;
  readonly sent: number;
  readonly confirmed: number;
  readonly failedAgain: number;
  readonly unconfirmed: number;
  readonly refused: number;
  readonly missing: number;
  readonly released: number;
}

/** What a replay is known to have done, and how it is to go on. */
export interface ReplayProgress {
  readonly stage: number;
  readonly stages: number;
  readonly counts: StageCounts;
  readonly stopRatio: number;
  readonly stopAtLeast: number;
  /** Since the last letter of the stage was sent, in milliseconds. */
  readonly sinceSentMs: number;
  readonly confirmMs: number;
}

/** What is to be done next. */
export type ReplayStep =
  | { readonly kind: 'send' }
  | { readonly kind: 'wait' }
  | { readonly kind: 'next-stage' }
  | { readonly kind: 'finish' }
  /** Letters that nobody has handled in time: somebody has to look. */
  | { readonly kind: 'pause'; readonly why: string }
  | { readonly kind: 'stop'; readonly why: string };

/** How a replay goes on. Silence is not success: a stage ends well when the consumer's inbox has all of its letters. */
export function decideReplay(progress: ReplayProgress): ReplayStep {
  const { counts, stage, stages, stopRatio, stopAtLeast, sinceSentMs, confirmMs } = progress;
  const { waiting, sending, sent, confirmed, failedAgain, unconfirmed } = counts;
  const tried = sent + confirmed + failedAgain + unconfirmed;
  if (failedAgain >= stopAtLeast && failedAgain > stopRatio * tried) {
    return { kind: 'stop', why: `stopped at stage ${stage}: ${failedAgain} of ${tried} failed again` };
  }
  if (waiting + sending > 0) return { kind: 'send' };
  if (sent > 0) {
    if (sinceSentMs < confirmMs) return { kind: 'wait' };
    const why = `${sent} of ${tried} letters of stage ${stage} were not handled in ${confirmMs / 1_000} s: look at the consumer, then resume or cancel`;
    return { kind: 'pause', why };
  }
  return stage < stages ? { kind: 'next-stage' } : { kind: 'finish' };
}
