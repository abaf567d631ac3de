import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { chmodSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { Scripts } from '../../test/scripts.js';
import { prepareDataDirectory } from './data-directory.js';

let scripts: Scripts;

beforeEach(() => {
  scripts = new Scripts();
});

afterEach(() => scripts.remove());

const modeOf = (name: string): string => (statSync(scripts.path(name)).mode & 0o777).toString(8);

/** A directory that everybody may read, with files that everybody may read. */
function wideDirectory(...names: string[]): string {
  mkdirSync(scripts.path('data'));
  chmodSync(scripts.path('data'), 0o755);
  for (const name of names) {
    writeFileSync(scripts.path(`data/${name}`), '');
    // Not by an option of the writing: the umask of this process would take from it.
    chmodSync(scripts.path(`data/${name}`), 0o644);
  }
  return scripts.path('data');
}

describe('the data directory of a broker', () => {
  it('is made when it is not there', () => {
    prepareDataDirectory(scripts.path('data'));
    expect(modeOf('data')).toBe('700');
  });

  it('is kept from others, and so are the messages in it', () => {
    prepareDataDirectory(
      wideDirectory('journal-0000000001', 'snapshot.unfinished', 'lock-3', 'reserve', 'synced', 'notes.txt'),
    );
    expect(
      ['', '/journal-0000000001', '/snapshot.unfinished', '/lock-3', '/reserve', '/synced'].map((n) =>
        modeOf(`data${n}`),
      ),
    ).toEqual(['700', '600', '600', '600', '600', '600']);
    expect(modeOf('data/notes.txt')).toBe('644');
  });

  it('is not one that holds other things', () => {
    expect(() => prepareDataDirectory(wideDirectory('notes.txt'))).toThrow(/data holds other things than messages/);
    expect(modeOf('data')).toBe('755');
  });

  it('is a directory', () => {
    writeFileSync(scripts.path('file'), '');
    expect(() => prepareDataDirectory(scripts.path('file'))).toThrow(/Messages cannot be kept in .*file: ENOTDIR/);
  });
});
