import type { Workspace } from './workspace.js';

/** What every command gets. */
export interface CommandContext {
  readonly workspace: Workspace;
  readonly environment: NodeJS.ProcessEnv;
  /** Sets the exit code where it is not 0 although nothing was thrown. */
  readonly finish: (exitCode: number) => void;
}
