import { z } from 'zod';

const instant = z.iso.datetime();
const count = z.int().min(0);

export const stageView = z.object({
  stage: z.int(),
  letters: count,
  waiting: count,
  inFlight: count.describe('Sent, or about to be, and not known to be handled'),
  confirmed: count.describe("The consumer's inbox has it"),
  failedAgain: count.describe('A dead letter once more'),
  unconfirmed: count.describe('Neither, when somebody let the replay go on'),
  refused: count.describe('By the broker; left where it was'),
  missing: count.describe('Somebody else took it before'),
  released: count.describe('Left where it was, since the replay ended'),
});

export const replayStates = ['running', 'paused', 'stopped', 'cancelled', 'done'] as const;

/** A replay of a selection. */
export const replayView = z
  .object({
    id: z.uuid(),
    selectionId: z.uuid(),
    queue: z.string(),
    target: z.string().describe('The queue that gets the messages'),
    state: z.enum(replayStates),
    why: z.string().optional().describe('Why it is in this state; absent while it runs'),
    stage: z.int().describe('That it is in'),
    stages: z.array(stageView),
    rate: z.int().optional(),
    attempts: z
      .int()
      .optional()
      .describe('Of each message of all stages but the last; as many as its handler has when absent'),
    stopWhen: z.object({ ratio: z.number(), atLeast: z.int() }),
    confirmWithin: z.number(),
    note: z.string(),
    createdBy: z.string(),
    createdAt: instant,
    endedAt: instant.optional(),
  })
  .meta({ id: 'Replay' });
export type ReplayView = z.infer<typeof replayView>;
export type StageView = z.infer<typeof stageView>;

export const replayList = z.object({ items: z.array(replayView) }).meta({ id: 'Replays' });
export type ReplayList = z.infer<typeof replayList>;

export const outcomes = [
  ...(['waiting', 'sending', 'sent', 'confirmed', 'failed-again', 'unconfirmed'] as const),
  ...(['refused', 'missing', 'released'] as const),
] as const;

export const replayItems = z
  .object({
    items: z.array(
      z.object({
        n: z.int().describe('Its number in the replay, oldest first'),
        stage: z.int(),
        place: z.string(),
        messageId: z.string(),
        outcome: z.enum(outcomes),
        detail: z.string().optional(),
        sentAt: instant.optional(),
      }),
    ),
    nextCursor: z.string().optional(),
  })
  .meta({ id: 'ReplayItems' });
export type ReplayItems = z.infer<typeof replayItems>;
