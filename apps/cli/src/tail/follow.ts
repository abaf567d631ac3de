import { closeSync, fstatSync, openSync, readSync, statSync, watch } from 'node:fs';
import { basename, dirname } from 'node:path';
import { StringDecoder } from 'node:string_decoder';

/**
 * Calls `onLine` with every line that is added to a file from now on, also after the file was replaced by a new one.
 * Returns how to end it. The folder is watched, not the file, since the file may be replaced or gone for a moment.
 */
export function follow(path: string, onLine: (line: string) => void): () => void {
  let position = statSync(path).size;
  let decoder = new StringDecoder('utf8');
  let rest = '';
  const readOn = (): void => {
    const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
    if (size < position) {
      position = 0;
      decoder = new StringDecoder('utf8');
      rest = '';
    }
    if (size === position) return;
    const bytes = readFrom(path, position);
    position += bytes.length;
    const lines = (rest + decoder.write(bytes)).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) if (line !== '') onLine(line);
  };
  const watcher = watch(dirname(path), (_event, changed) => {
    if (changed === null || changed === basename(path)) readOn();
  });
  return () => watcher.close();
}

function readFrom(path: string, position: number): Buffer {
  const file = openSync(path, 'r');
  try {
    const bytes = Buffer.alloc(Math.max(0, fstatSync(file).size - position));
    return bytes.subarray(0, readSync(file, bytes, 0, bytes.length, position));
  } finally {
    closeSync(file);
  }
}
