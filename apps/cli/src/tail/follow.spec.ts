import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { appendFileSync, writeFileSync } from 'node:fs';
import { eventually, Scripts } from '../../test/scripts.js';
import { lastLines } from '../supervisor/last-lines.js';
import { follow } from './follow.js';

let scripts: Scripts;
let path: string;
let stop: () => void;
const lines: string[] = [];

beforeEach(() => {
  scripts = new Scripts();
  path = scripts.path('app.log');
  writeFileSync(path, 'before\n');
  lines.length = 0;
  stop = follow(path, (line) => lines.push(line));
});

afterEach(() => {
  stop();
  scripts.remove();
});

it('reports what is added, whole lines only, also in a file that begins anew', async () => {
  appendFileSync(path, 'one\ntwo\nthr');
  await eventually(() => lines.length === 2);
  appendFileSync(path, 'ee\n');
  await eventually(() => lines.length === 3);
  writeFileSync(path, 'new\n');
  await eventually(() => lines.length === 4);
  expect(lines).toEqual(['one', 'two', 'three', 'new']);
});

it('finds the last lines of a file, and none of one that is not there', () => {
  expect(lastLines(path, 5)).toEqual(['before']);
  expect(lastLines(scripts.path('other.log'), 5)).toEqual([]);
});
