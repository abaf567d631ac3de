import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

const mostBytes = 65_536;

/**
 * The last `count` lines of a text file that lie behind its first `from` bytes, out of its last 64 KiB; none when there
 * is no such file.
 */
export function lastLines(path: string, count: number, from = 0): string[] {
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
  try {
    const { size } = fstatSync(file);
    const tail = Buffer.alloc(Math.min(Math.max(0, size - from), mostBytes));
    readSync(file, tail, 0, tail.length, size - tail.length);
    const lines = tail.toString('utf8').split('\n');
    return lines.filter((line) => line.trim() !== '').slice(-count);
  } finally {
    closeSync(file);
  }
}
