import { join } from 'node:path';

/** Where things are on this machine. */
export interface Workspace {
  /** The checkout, or the working directory of an image. */
  readonly root: string;
  /** The directory of the bundles: this command's and, in a checkout, every app's. */
  readonly bundles: string;
  /** Databases, the broker's journal, logs: everything that survives a restart. */
  readonly state: string;
  readonly runtimeFile: string;
  readonly logs: string;
  /** The pid files of the processes that `orderflow up` runs. */
  readonly pidFiles: string;
}

/**
 * The launcher names the checkout in `ORDERFLOW_ROOT`; without it the working directory counts. `ORDERFLOW_STATE`
 * puts the state elsewhere than in `.orderflow`.
 */
export function findWorkspace(bundles: string, environment: NodeJS.ProcessEnv): Workspace {
  const root = environment['ORDERFLOW_ROOT'] || process.cwd();
  const state = environment['ORDERFLOW_STATE'] || join(root, '.orderflow');
  return {
    root,
    bundles,
    state,
    runtimeFile: join(state, 'runtime.json'),
    logs: join(state, 'logs'),
    pidFiles: join(state, 'run'),
  };
}
