import { readFileSync, statSync } from 'node:fs';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { Scripts } from '../../test/scripts.js';
import { exportKeyFile } from './export-key.js';

let scripts: Scripts;
beforeEach(() => {
  scripts = new Scripts();
});
afterEach(() => scripts.remove());

it('is made once, of 32 bytes, and for nobody else to read', () => {
  const file = exportKeyFile(scripts.directory);
  const key = readFileSync(file, 'utf8');
  expect(Buffer.from(key, 'base64')).toHaveLength(32);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(readFileSync(exportKeyFile(scripts.directory), 'utf8')).toBe(key);
});

it('is another one in another state directory', () => {
  const other = new Scripts();
  const keys = [scripts, other].map(({ directory }) => readFileSync(exportKeyFile(directory), 'utf8'));
  other.remove();
  expect(keys[0]).not.toBe(keys[1]);
});
