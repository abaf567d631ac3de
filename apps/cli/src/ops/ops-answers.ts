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
  /** Null where nobody is known to consume it; absent in answers of earlier versions. */
  readonly consumer?: Consumer | null;
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

export interface GroupChanges {
  readonly firstSeen: string;
  readonly versions: readonly {
    readonly version: string;
    readonly letters: number;
    readonly firstSeen: string;
    readonly lastSeen: string;
  }[];
  readonly versionBefore: { readonly version: string; readonly lastSeen: string } | null;
  readonly markers: readonly {
    readonly at: string;
    readonly title: string;
    readonly service?: string;
    readonly version?: string;
  }[];
  readonly alerts: readonly { readonly kind: string; readonly since: string; readonly recoveredAt?: string }[];
  readonly replays: readonly {
    readonly id: string;
    readonly state: Replay['state'];
    readonly note: string;
    readonly createdAt: string;
    readonly letters: number;
    readonly confirmed: number;
    readonly failedAgain: number;
  }[];
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

export interface Consumer {
  readonly app: string;
  readonly ordered: { readonly reason: string; readonly since: string } | null;
  readonly paused: { readonly dependency: string; readonly detail: string; readonly since: string } | null;
  readonly health: 'up' | 'degraded' | 'down' | 'unknown';
  readonly troubles: readonly { readonly part: string; readonly detail: string }[];
}

export interface Outbox {
  readonly waiting: { readonly messages: number; readonly isEstimate: boolean; readonly oldestAgeMs: number };
  readonly held: {
    readonly keys: number;
    readonly items: readonly {
      readonly orderingKey: string;
      readonly attempts: number;
      readonly due: string | null;
      readonly lastError: string;
    }[];
  };
  readonly setAside: {
    readonly total: number;
    readonly items: readonly {
      readonly id: string;
      readonly to: string;
      readonly messageId: string;
      readonly type: string;
      readonly orderingKey?: string;
      readonly reason: string;
      readonly setAsideAt: string;
    }[];
    readonly nextCursor?: string;
  };
}

export interface OutboxSummary {
  readonly app: string;
  readonly trouble?: string;
  readonly outbox: {
    readonly waiting: Outbox['waiting'];
    readonly held: Pick<Outbox['held'], 'keys'>;
    readonly setAside: Pick<Outbox['setAside'], 'total'>;
  } | null;
}

export interface Story {
  readonly orderId: string;
  readonly status: string | null;
  readonly lanes: readonly string[];
  readonly steps: readonly StoryStep[];
  readonly complete: boolean;
  readonly why: readonly string[];
}

export interface StoryStep {
  readonly id: string;
  readonly kind:
    | 'sent'
    | 'failed'
    | 'handled'
    | 'dead-lettered'
    | 'replayed'
    | 'restored'
    | 'discarded'
    | 'edited'
    | 'taken';
  readonly lane: string;
  readonly messageId: string;
  readonly type?: string;
  readonly time: string | null;
  readonly notBefore?: string;
  readonly notAfter?: string;
  readonly attempts?: number;
  readonly detail?: string;
  readonly outcome?: string;
  readonly link?: string;
}

export interface Discard {
  readonly id: string;
  readonly queue: string;
  readonly target: string;
  readonly state: 'running' | 'done';
  readonly letters: number;
  readonly discarded: number;
  readonly missing: number;
  readonly restored: number;
}

/** A discard, with what a restore of it left out. */
export interface RestoredDiscard extends Discard {
  /** The restore of an export sent it; absent of an earlier version, which did not ask. */
  readonly sentOtherwise?: number;
}

export interface LetterExport {
  readonly id: string;
  readonly queue: string;
  readonly state: 'running' | 'done';
  readonly letters: number;
  readonly exported: number;
  readonly missing: number;
}

/** An export, with what a restore of it left out. */
export interface RestoredExport extends LetterExport {
  readonly restored: number;
  /** Still a dead letter, or a dead letter again. */
  readonly present: number;
  /** Something else has it, or sent it. */
  readonly sentOtherwise: number;
}

export interface Edit {
  readonly id: string;
  readonly queue: string;
  readonly place: string;
  readonly messageId: string;
  readonly newMessageId: string;
  readonly target: string;
  readonly state: 'waiting' | 'sending' | 'sent' | 'refused' | 'missing';
  readonly detail?: string;
}

export interface Letter {
  readonly place: string;
  readonly messageId: string;
  readonly type: string;
  readonly version: number;
  readonly attempt: number;
  readonly enqueuedAt: string;
  readonly reason: string;
  readonly detail: string;
}

export interface Alert {
  readonly id: string;
  readonly queue: string;
  readonly kind: string;
  readonly detail: string;
  readonly state: 'open' | 'recovered';
  readonly since: string;
  readonly recoveredAt?: string;
  readonly mutedUntil?: string;
}
