import { expect, it } from '@jest/globals';
import { decideReplay, type ReplayProgress, type StageCounts } from './decide-replay.js';
import { replayRequest, sizesOf } from './replay-request.js';

const none: StageCounts = {
  ...{ waiting: 0, sending: 0, sent: 0, confirmed: 0, failedAgain: 0, unconfirmed: 0, refused: 0, missing: 0 },
  released: 0,
};
const decide = (counts: Partial<StageCounts>, more: Partial<ReplayProgress> = {}) =>
  decideReplay({
    ...{ stage: 2, stages: 4, stopRatio: 0.1, stopAtLeast: 1, sinceSentMs: 0, confirmMs: 60_000, ...more },
    counts: { ...none, ...counts },
  });

it.each<[string, Partial<StageCounts>, Partial<ReplayProgress>, string]>([
  ['letters wait', { waiting: 1, confirmed: 9 }, {}, 'send'],
  ['it is not known what the broker has', { sending: 1 }, {}, 'send'],
  ['some are on their way', { sent: 1, confirmed: 9 }, {}, 'wait'],
  ['all are confirmed', { confirmed: 10 }, {}, 'next-stage'],
  ['all of the last stage are confirmed', { confirmed: 10 }, { stage: 4 }, 'finish'],
  ['some are not confirmed in time', { sent: 1, confirmed: 9 }, { sinceSentMs: 60_000 }, 'pause'],
  ['somebody went on in spite of that', { unconfirmed: 1, confirmed: 9 }, { sinceSentMs: 60_000 }, 'next-stage'],
  ['the broker refused some, or they were missing', { refused: 5, missing: 5 }, {}, 'next-stage'],
  ['as many fail again as may', { failedAgain: 1, confirmed: 9 }, {}, 'next-stage'],
  ['more fail again than may', { failedAgain: 2, confirmed: 9 }, {}, 'stop'],
  ['more fail again while others wait', { failedAgain: 2, sent: 8, waiting: 80 }, {}, 'stop'],
  ['too few fail again to say', { failedAgain: 2 }, { stopAtLeast: 3 }, 'next-stage'],
  ['one fails again where none may', { failedAgain: 1, confirmed: 99 }, { stopRatio: 0 }, 'stop'],
  ['all fail again where all may', { failedAgain: 10 }, { stopRatio: 1 }, 'next-stage'],
])('decides when %s', (_, counts, more, kind) => {
  expect(decide(counts, more).kind).toBe(kind);
});

it('says why it stops, and why it waits for somebody', () => {
  expect(decide({ failedAgain: 3, confirmed: 7 })).toEqual({
    kind: 'stop',
    why: 'stopped at stage 2: 3 of 10 failed again',
  });
  expect(decide({ sent: 2, confirmed: 8 }, { sinceSentMs: 61_000 })).toMatchObject({
    why: expect.stringContaining('2 of 10 letters of stage 2 were not handled in 60 s'),
  });
});

it.each([
  [[1, 10, 100, 'rest'] as const, 2_000, [1, 10, 100, 1_889]],
  [[1, 10, 100, 'rest'] as const, 8, [1, 7]],
  [[1, 10, 'rest'] as const, 11, [1, 10]],
  [['rest'] as const, 5, [5]],
])('divides %j among %d letters', (stages, count, sizes) => {
  expect(sizesOf([...stages], count)).toEqual(sizes);
});

it('says everything that is wrong with a request', () => {
  const found = replayRequest.safeParse({
    selectionId: '7',
    stages: [0, 'rest', 5],
    rate: 0,
    stopWhen: { ratio: 2, atLeast: 0, colour: 'red' },
    confirmWithin: 0,
    attempts: 0,
    colour: 'red',
  });
  const paths = found.error?.issues.map(({ path }) => path.join('.')).sort();
  expect([...new Set(paths)]).toEqual(
    [
      '',
      'attempts',
      'confirmWithin',
      'note',
      'rate',
      'selectionId',
      'stages',
      'stages.0',
      'stopWhen',
      'stopWhen.atLeast',
      'stopWhen.ratio',
    ].sort(),
  );
  for (const stages of [[], [1], ['rest', 'rest'], ['rest', 1]]) {
    expect(replayRequest.shape.stages.safeParse(stages).success).toBe(false);
  }
});
