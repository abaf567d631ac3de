/** What the ops API answers, as far as the commands show it. */

export interface Queue {
  readonly name: string;
  readonly counts: { readonly active: number; readonly scheduled?: number; readonly asOf: string } | null;
  readonly deadLetters: {
    readonly indexed: number;
    readonly groups: number;
    readonly oldestAt: string | null;
    readonly indexedTo: string | null;
  };
}

export interface Group {
  readonly id: string;
  readonly queue: string;
  readonly type: string;
  readonly reason: string;
  readonly pattern: string;
  readonly present: number;
  readonly firstSeen: string;
  readonly lastSeen: string;
}

export interface Selection {
  readonly id: string;
  readonly count: number;
  readonly passedOver: number;
}

export interface Stage {
  readonly stage: number;
  readonly letters: number;
  readonly waiting: number;
  readonly inFlight: number;
  readonly confirmed: number;
  readonly failedAgain: number;
  readonly unconfirmed: number;
  readonly refused: number;
  readonly missing: number;
  readonly released: number;
}

export interface Replay {
  readonly id: string;
  readonly queue: string;
  readonly target: string;
  readonly state: 'running' | 'paused' | 'stopped' | 'cancelled' | 'done';
  readonly why?: string;
  readonly stage: number;
  readonly stages: readonly Stage[];
  readonly note: string;
  readonly createdAt: string;
}
