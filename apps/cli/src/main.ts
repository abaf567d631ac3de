import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run } from './run.js';

// Whoever read our output has gone (`| head`, or `| tee` at Ctrl-C): what is under way is finished all the same.
for (const output of [process.stdout, process.stderr]) {
  output.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
}

process.exitCode = await run(process.argv.slice(2), dirname(fileURLToPath(import.meta.url)));
