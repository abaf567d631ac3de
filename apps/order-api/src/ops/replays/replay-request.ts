import { z } from 'zod';

const stageSize = 'must be a whole number from 1 to 1000000, or "rest" in the end';
const rate = 'must be a whole number of messages a second, from 1 to 10000';
const attempts = 'must be a whole number from 1 to 100';
const ratio = 'must be a number from 0 to 1';

const stages = z
  .array(z.union([z.int(stageSize).min(1, stageSize).max(1_000_000, stageSize), z.literal('rest')], stageSize))
  .min(1, 'must have one stage at least')
  .max(20, 'must have at most 20 stages')
  .refine((all) => all.slice(0, -1).every((stage) => stage !== 'rest'), 'may have "rest" in the end only')
  .refine((all) => all.at(-1) === 'rest', 'must end with "rest": a selection is replayed as a whole');

/** The text that somebody gives for an action. */
export const note = z
  .string()
  .min(1, 'must say why')
  .max(500, 'must be 500 characters at most')
  .refine((text) => text.isWellFormed() && !text.includes('\u0000'), 'must not contain NUL or half a character');

/** The body of `POST /ops/replays`. */
export const replayRequest = z.strictObject({
  selectionId: z.uuid('must be the id of a selection'),
  /** Letters of each stage; the next begins once all of the one before are confirmed. */
  stages: stages.default([1, 10, 100, 'rest']),
  /** Messages a second at most; as many as there can be when absent. */
  rate: z.int(rate).min(1, rate).max(10_000, rate).optional(),
  /** Attempts of each message of all stages but the last one, so that its verdict does not wait for delays. */
  attempts: z.int(attempts).min(1, attempts).max(100, attempts).optional(),
  /** Ends the replay when so many of a stage, and this part of it, are dead letters again. */
  stopWhen: z
    .strictObject({
      ratio: z.number(ratio).min(0, ratio).max(1, ratio).default(0.1),
      atLeast: z
        .int('must be a whole number from 1 on')
        .min(1, 'must be a whole number from 1 on')
        .max(1_000_000)
        .default(1),
    })
    .prefault({}),
  /** How long after the last message of a stage its consumer may take, in seconds. */
  confirmWithin: z
    .int('must be a whole number of seconds from 1 to 86400')
    .min(1, 'must be a whole number of seconds from 1 to 86400')
    .max(86_400, 'must be a whole number of seconds from 1 to 86400')
    .default(60),
  note,
});
export type ReplayRequest = z.output<typeof replayRequest>;

/** How many letters each stage has: the last one takes the rest, and stages that there is nothing left for are gone. */
export function sizesOf(stages: ReplayRequest['stages'], count: number): readonly number[] {
  const sizes: number[] = [];
  let left = count;
  for (const stage of stages) {
    const size = stage === 'rest' ? left : Math.min(stage, left);
    if (size > 0) sizes.push(size);
    left -= size;
  }
  return sizes;
}
