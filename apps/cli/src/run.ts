import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { CommanderError } from 'commander';
import { CommandError, UsageError } from './command-error.js';
import { createProgram } from './program.js';
import { findWorkspace } from './workspace.js';
import { onOneLine } from './one-line.js';

/** What the command answers to the shell. */
export const exitCodes = { ok: 0, failure: 1, usage: 2 } as const;

/**
 * Runs one command line and answers its exit code. A failure is one line on standard error; `DEBUG=orderflow` adds
 * where it came from.
 */
export async function run(args: readonly string[], bundles: string): Promise<number> {
  const workspace = findWorkspace(bundles, process.env);
  const environment = withEnvironmentFile(join(workspace.root, '.env'), process.env);
  let code: number = exitCodes.ok;
  const program = createProgram({
    workspace,
    environment,
    finish: (exitCode) => {
      code = exitCode;
    },
  });
  try {
    await program.parseAsync(args, { from: 'user' });
    return code;
  } catch (error) {
    return report(error);
  }
}

/** Variables that are set win over those of the file; an empty one counts as absent. */
function withEnvironmentFile(path: string, own: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  if (!existsSync(path)) return own;
  const present = Object.entries(own).filter(([, value]) => value !== '');
  return { ...parseEnv(readFileSync(path, 'utf8')), ...Object.fromEntries(present) };
}

function report(error: unknown): number {
  // Commander has said what is wrong, or shown the help, and names 0 for the latter.
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
  process.stderr.write(`orderflow: ${messageOf(error)}\n`);
  if (process.env['DEBUG']?.includes('orderflow') === true && error instanceof Error) {
    process.stderr.write(`${error.stack}\n`);
  }
  return error instanceof UsageError ? exitCodes.usage : exitCodes.failure;
}

/** An error's message, also of one that only collects others, on one line unless it was written for people. */
function messageOf(error: unknown): string {
  if (error instanceof AggregateError && error.message === '') return error.errors.map(messageOf).join('; ');
  if (error instanceof CommandError) return error.message;
  const text = error instanceof Error ? error.message || error.name : String(error);
  return onOneLine(text);
}
