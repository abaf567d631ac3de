import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { chmodSync, mkdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { Scripts } from '../test/scripts.js';
import { describeReadable, keepNewFilesPrivate, makePrivate, makePrivateDirectory } from './private-files.js';
import { makeStatePrivate } from './state-files.js';

let scripts: Scripts;
let umask: number;

beforeEach(() => {
  scripts = new Scripts();
  umask = process.umask(0);
});

afterEach(() => {
  process.umask(umask);
  scripts.remove();
});

const modeOf = (name: string): string => (statSync(scripts.path(name)).mode & 0o7777).toString(8);

function writeWide(name: string, mode = 0o666): string {
  writeFileSync(scripts.path(name), '');
  chmodSync(scripts.path(name), mode);
  return scripts.path(name);
}

describe('private files', () => {
  it('are what is created from now on, in directories of the same kind', () => {
    keepNewFilesPrivate();
    mkdirSync(scripts.path('state/logs'), { recursive: true });
    writeFileSync(scripts.path('state/logs/broker.log'), '');
    expect(['state', 'state/logs', 'state/logs/broker.log'].map(modeOf)).toEqual(['700', '700', '600']);
  });

  it('are made of wide ones, all the way down, without following links', () => {
    mkdirSync(scripts.path('logs/old'), { recursive: true });
    writeWide('logs/old/worker.log');
    writeWide('logs/run.sh', 0o755);
    writeWide('elsewhere');
    symlinkSync(scripts.path('elsewhere'), scripts.path('logs/link'));
    makePrivate([scripts.path('logs'), scripts.path('not there')]);
    expect(['logs', 'logs/old', 'logs/old/worker.log', 'logs/run.sh'].map(modeOf)).toEqual([
      '700',
      '700',
      '600',
      '700',
    ]);
    expect(modeOf('elsewhere')).toBe('666');
  });

  (process.platform === 'linux' ? it : it.skip)(
    'are asked for in vain where modes cannot be changed, which is reported',
    () => {
      expect(makePrivate(['/proc/self/status', scripts.path('not there')])).toEqual(['/proc/self/status']);
      expect(describeReadable(['/proc/self/status'])).toMatch(/^Others can read \/proc\/self\/status, and that/);
      expect(describeReadable(['a', 'b', 'c'])).toMatch(/^Others can read a and 2 more, and that/);
      expect(describeReadable([])).toBeUndefined();
    },
  );

  it('are never made in a directory that everybody shares', () => {
    mkdirSync(scripts.path('shared'));
    chmodSync(scripts.path('shared'), 0o1777);
    expect(() => makePrivateDirectory(scripts.path('shared'))).toThrow('is shared by everybody: name a directory');
    expect(modeOf('shared')).toBe('1777');
  });
});

describe('a state directory', () => {
  it('is made private with all that is ours in it, and nothing else', () => {
    for (const name of ['state/broker', 'state/postgres.7.new', 'state/thesis']) {
      mkdirSync(scripts.path(name), { recursive: true });
    }
    for (const name of ['broker/journal-0000000001', 'runtime.json', 'supervisor.lock', 'thesis/chapter']) {
      writeWide(`state/${name}`);
    }
    makeStatePrivate(scripts.path('state'));
    const ours = ['', '/broker', '/postgres.7.new', '/broker/journal-0000000001', '/runtime.json', '/supervisor.lock'];
    expect(ours.map((name) => modeOf(`state${name}`))).toEqual(['700', '700', '700', '600', '600', '600']);
    expect(['', '/chapter'].map((name) => modeOf(`state/thesis${name}`))).toEqual(['777', '666']);
  });
});
