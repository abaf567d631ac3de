import type { StoryBoard } from './story-board.js';
import {
  replacementOf,
  type ReplayedLetter,
  type RestoredLetter,
  type StoryFacts,
  type StoryLetter,
} from './story-facts.js';
import type { StoryStep } from './story-view.js';

interface Ending {
  readonly kind: StoryStep['kind'];
  /** Where whatever did it is found. */
  readonly list: string;
  /** Whether it was written down when it was done; else the index saw afterwards that the letter was gone. */
  readonly isByUs: boolean;
}

/** What becomes of a dead letter, by what the index says of it. */
const endings: Readonly<Record<NonNullable<StoryLetter['gone']>['outcome'], Ending>> = {
  replayed: { kind: 'replayed', list: 'replays', isByUs: false },
  discarded: { kind: 'discarded', list: 'discards', isByUs: true },
  edited: { kind: 'edited', list: 'edits', isByUs: true },
  taken: { kind: 'taken', list: 'replays', isByUs: false },
};

/** What all steps of a letter have in common. */
type About = Pick<StoryStep, 'lane' | 'messageId' | 'type'>;

/**
 * Tells of a dead letter and of what was done with it.
 * @param from the step with which its queue had got it
 * @returns the step with which its queue got it again; undefined where it lies there, or is gone for good
 */
export function tellLetter(
  board: StoryBoard,
  { replayed, restored }: Pick<StoryFacts, 'replayed' | 'restored'>,
  letter: StoryLetter,
  from: string,
): string | undefined {
  const { queue, place, messageId, type, app, reason, detail, attempt, enqueuedAt, indexedAt, firstFailure } = letter;
  const about: About = { lane: app, messageId, ...(type !== '' && { type }) };
  const dead = `dead ${queue} ${place}`;
  board.add({
    ...about,
    ...{ id: dead, kind: 'dead-lettered', time: null, notBefore: enqueuedAt, notAfter: indexedAt, attempts: attempt },
    detail: [`${reason}: ${detail}`, ...(firstFailure === undefined ? [] : [`first: ${firstFailure}`])].join('; '),
    link: `/ops/queues/${encodeURIComponent(queue)}/dead-letters/${encodeURIComponent(place)}`,
  });
  board.edge(from, dead, 'gave-up');
  const isHere = (one: ReplayedLetter | RestoredLetter): boolean => one.queue === queue && one.place === place;
  const again = tellReplays(board, replayed.filter(isHere), { about, dead });
  return again ?? tellEnd(board, letter, { about, dead, restored: restored.find(isHere) });
}

/** Answers the last replay that may have sent it. */
function tellReplays(
  board: StoryBoard,
  replayed: readonly ReplayedLetter[],
  { about, dead }: { readonly about: About; readonly dead: string },
): string | undefined {
  let sent: string | undefined;
  for (const { replay, place, outcome, detail, sentAt } of replayed) {
    const id = `replayed ${replay} ${place}`;
    const more = { outcome, ...(detail !== undefined && { detail }), link: `/ops/replays/${replay}` };
    board.add({ ...about, id, kind: 'replayed', time: sentAt, ...more });
    board.edge(dead, id, 'operated');
    if (outcome !== 'refused') sent = id;
  }
  return sent;
}

interface End {
  readonly about: About;
  readonly dead: string;
  readonly restored: RestoredLetter | undefined;
}

function tellEnd(board: StoryBoard, letter: StoryLetter, { about, dead, restored }: End): string | undefined {
  const { queue, place, gone, indexedAt } = letter;
  if (!gone) return undefined;
  const { kind, list, isByUs } = endings[gone.outcome];
  const id = `${kind} ${queue} ${place}`;
  const when = isByUs ? { time: gone.at } : { time: null, notBefore: indexedAt, notAfter: gone.at };
  board.add({ ...about, id, kind, ...when, ...(gone.by !== undefined && { link: `/ops/${list}/${gone.by}` }) });
  board.edge(dead, id, 'operated');
  const replacement = replacementOf(letter);
  if (replacement !== undefined) board.edge(id, `sent ${replacement}`, 'operated');
  if (!restored) return isByUs ? undefined : id;
  const back = `restored ${queue} ${place}`;
  board.add({ ...about, id: back, kind: 'restored', time: restored.at, link: restored.link });
  board.edge(id, back, 'operated');
  return back;
}
