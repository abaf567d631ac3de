import { createProgram } from './program.js';

try {
  await createProgram().parseAsync();
} catch (error) {
  process.stderr.write(`servicebus-emulator: ${(error as Error).message}\n`);
  process.exitCode = 1;
}
