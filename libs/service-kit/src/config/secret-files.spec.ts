import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { readEnvironment } from './environment.js';
import { loadConfig } from './load-config.js';
import { readSecretFiles, secretSource } from './secret-files.js';
import { databaseVariables, processVariables } from './variables.js';

const schema = z.object({ ...processVariables, ...databaseVariables });
let folder: string;
let file: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'secrets-'));
  file = join(folder, 'database-url');
  writeFileSync(file, 'postgres://app:first@db/orders\n');
});
afterEach(() => rmSync(folder, { recursive: true }));

describe('a secret in a file', () => {
  it('is read as if it were in the environment, without the end of its line', () => {
    const config = loadConfig(schema, readSecretFiles(schema, { DATABASE_URL_FILE: file }));
    expect(config.DATABASE_URL).toBe('postgres://app:first@db/orders');
  });

  it('is a mistake beside the same secret in the environment', () => {
    const both = { DATABASE_URL: 'postgres://db/orders', DATABASE_URL_FILE: file };
    expect(() => readSecretFiles(schema, both)).toThrow('DATABASE_URL_FILE and DATABASE_URL are both set');
  });

  it('is preferred to what a running `npm start` offers', () => {
    const runtime = { databases: { orders: 'postgres://local/orders' } };
    const directory = mkdtempSync(join(folder, 'app-'));
    const state = join(directory, '.orderflow');
    mkdirWith(state, JSON.stringify(runtime));
    expect(readEnvironment({ app: 'orders', directory, env: {} })).toEqual({ DATABASE_URL: 'postgres://local/orders' });
    const env = { DATABASE_URL_FILE: file };
    expect(readEnvironment({ app: 'orders', directory, env })).toEqual(env);
  });

  it.each([
    ['is not there', () => join(folder, 'nowhere'), 'cannot be read (ENOENT)'],
    ['is empty', () => emptyFile(), 'is empty'],
  ])('whose file %s is named, and nothing that it holds', (_, name, problem) => {
    const given = name();
    expect(() => readSecretFiles(schema, { DATABASE_URL_FILE: given })).toThrow(
      `DATABASE_URL_FILE: the file ${given} ${problem}`,
    );
  });

  it('is no file for a variable that is no secret', () => {
    const env = { HOST_FILE: file };
    expect(readSecretFiles(schema, env)).toEqual(env);
  });
});

describe('a secret that is rotated', () => {
  it('is what the file holds by then', () => {
    const read = secretSource('first', file, fail);
    writeFileSync(file, 'postgres://app:second@db/orders');
    expect(read()).toBe('postgres://app:second@db/orders');
  });

  it('stays what it was while its file is away, and that is reported', () => {
    const errors: unknown[] = [];
    const read = secretSource('first', file, (error) => errors.push(error));
    const before = read();
    rmSync(file);
    expect([read(), errors.length]).toEqual([before, 1]);
    writeFileSync(file, 'third');
    expect([read(), errors.length]).toEqual(['third', 1]);
  });

  it('does not change without a file', () => {
    expect(secretSource('first', undefined, fail)()).toBe('first');
  });
});

function fail(error: unknown): never {
  throw error;
}

function emptyFile(): string {
  const empty = join(folder, 'empty');
  writeFileSync(empty, '\n');
  return empty;
}

function mkdirWith(state: string, runtime: string): void {
  mkdirSync(state);
  writeFileSync(join(state, 'runtime.json'), runtime);
}
