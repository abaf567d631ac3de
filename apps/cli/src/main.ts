import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run } from './run.js';

process.exitCode = await run(process.argv.slice(2), dirname(fileURLToPath(import.meta.url)));
