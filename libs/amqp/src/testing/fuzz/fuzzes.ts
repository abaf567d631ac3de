import assert from 'node:assert/strict';
import { runModel } from '../model/steps.js';
import { numbersFrom } from '../numbers.js';
import { chunksOf, damage, randomFrames } from '../random-frames.js';
import { RestlessServer } from '../restless-server.js';
import { SESSIONS } from './seed-corpus.js';
import { wrongFrames } from './wrong-frames.js';

/** How much one run did: frames that came, or steps of the model. */
export type Fuzz = (seed: number) => number;

type Random = (below: number) => number;
const FRAMES = 120;
const MODEL_STEPS = 250;

/** Frames of a sound peer, or of a client's conversation. */
function frames(random: Random): readonly Buffer[] {
  const isRecorded = random(2) === 0;
  return isRecorded ? (SESSIONS[random(SESSIONS.length)] as readonly Buffer[]) : randomFrames(random, FRAMES);
}

/** The same bytes, whole and in any chunks, give the same events and the same output. */
export function fuzzChunks(seed: number): number {
  const random = numbersFrom(seed);
  const said = damage(random, frames(random));
  const bytes = Buffer.concat(said);
  const whole = new RestlessServer(seed, true);
  whole.receive(bytes);
  const cut = new RestlessServer(seed, true);
  for (const chunk of chunksOf(numbersFrom(seed + 1), bytes)) cut.receive(chunk);
  assert.deepEqual(cut.events, whole.events);
  assert(cut.output().equals(whole.output()), 'The output depends on how the input is chunked.');
  return said.length;
}

/** Whatever is dropped, repeated, swapped, cut or changed: each thing ends once, and nothing is said of what is gone. */
export function fuzzDamage(seed: number, heard?: (event: string) => void): number {
  const random = numbersFrom(seed);
  return serve(seed, damage(random, frames(random)), heard);
}

/** The same for performatives that only keep the grammar, some of them in the middle of a sound conversation. */
export function fuzzGrammar(seed: number, heard?: (event: string) => void): number {
  const random = numbersFrom(seed);
  const sound = frames(random);
  const at = Math.min(sound.length, 3 + random(FRAMES));
  return serve(seed, [...sound.slice(0, at), ...wrongFrames(random, 20), ...sound.slice(at)], heard);
}

/** A client that does what is legal, and counts naively. */
export function fuzzModel(seed: number): number {
  runModel(seed, MODEL_STEPS);
  return MODEL_STEPS;
}

export const FUZZES: Readonly<Record<string, Fuzz>> = {
  chunks: fuzzChunks,
  damage: (seed) => fuzzDamage(seed),
  grammar: (seed) => fuzzGrammar(seed),
  model: fuzzModel,
};

function serve(seed: number, said: readonly Buffer[], heard?: (event: string) => void): number {
  const restless = new RestlessServer(seed);
  for (const frame of said) restless.receive(frame);
  restless.server.inputEnded();
  restless.take();
  assert.equal(restless.events.at(-1), 'closed');
  for (const event of restless.events) heard?.(event.split(' ')[0] as string);
  return said.length;
}
