import { closeSync, fstatSync, openSync, readSync, statSync, unwatchFile, watchFile } from 'node:fs';
import { StringDecoder } from 'node:string_decoder';

const intervalMs = 250;

/**
 * Calls `onLine` with every line that is added to a file from now on, also after the file was replaced by a new one.
 * Returns how to end it.
 */
export function follow(path: string, onLine: (line: string) => void): () => void {
  let position = statSync(path).size;
  let decoder = new StringDecoder('utf8');
  let rest = '';
  const readOn = (size: number): void => {
    if (size < position) {
      position = 0;
      decoder = new StringDecoder('utf8');
      rest = '';
    }
    const bytes = readFrom(path, position);
    position += bytes.length;
    const lines = (rest + decoder.write(bytes)).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) if (line !== '') onLine(line);
  };
  const listener = (now: { readonly size: number }): void => {
    // A file that is being replaced has no size for a moment.
    if (now.size > 0) readOn(now.size);
  };
  watchFile(path, { interval: intervalMs }, listener);
  return () => unwatchFile(path, listener);
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
