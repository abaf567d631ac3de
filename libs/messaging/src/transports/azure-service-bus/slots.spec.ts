import { expect, it } from '@jest/globals';
import { Slots } from './slots.js';

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Asks for a slot, and notes the answer. */
function ask(slots: Slots): { answer: boolean | undefined } {
  const asked: { answer: boolean | undefined } = { answer: undefined };
  void slots.take().then((admitted) => (asked.answer = admitted));
  return asked;
}

it('admits as many as there are slots, and the next in order when one is free', async () => {
  const slots = new Slots(2);
  const asked = [ask(slots), ask(slots), ask(slots), ask(slots)];
  await turn();
  expect([asked.map(({ answer }) => answer), slots.taken]).toEqual([[true, true, undefined, undefined], 2]);
  slots.free();
  await turn();
  expect([asked.map(({ answer }) => answer), slots.taken]).toEqual([[true, true, true, undefined], 2]);
});

it('turns away who waits and who comes when the limit is 0, and takes nothing from who is in', async () => {
  const slots = new Slots(1);
  const asked = [ask(slots), ask(slots)];
  slots.setLimit(0);
  asked.push(ask(slots));
  await turn();
  expect([asked.map(({ answer }) => answer), slots.taken]).toEqual([[true, false, false], 1]);
});

it('admits nobody until fewer are in than a lowered limit, and at once as many as a raised one', async () => {
  const slots = new Slots(3);
  const asked = [ask(slots), ask(slots), ask(slots), ask(slots), ask(slots)];
  slots.setLimit(1);
  slots.free();
  slots.free();
  await turn();
  expect([asked.map(({ answer }) => answer), slots.taken]).toEqual([[true, true, true, undefined, undefined], 1]);
  slots.setLimit(3);
  await turn();
  expect([asked.map(({ answer }) => answer), slots.taken]).toEqual([[true, true, true, true, true], 3]);
});

it('says when there is room', async () => {
  const slots = new Slots(1);
  await slots.room();
  ask(slots);
  let hasRoom = false;
  void slots.room().then(() => (hasRoom = true));
  await turn();
  expect(hasRoom).toBe(false);
  slots.free();
  await turn();
  expect(hasRoom).toBe(true);
});
