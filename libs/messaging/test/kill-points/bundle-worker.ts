import { readFile } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown, type Plugin } from 'rolldown';
import { type AwaitPoint, instrument } from './points.js';

const root = fileURLToPath(new URL('../../../../', import.meta.url));

/** The worker as one file, and the points in it; their ids are their places in the list. */
export interface InstrumentedWorker {
  readonly points: readonly AwaitPoint[];
  /** Every file of ours in it, instrumented or not; relative to the root of the repository. */
  readonly files: readonly string[];
}

/**
 * Bundles the worker from source, instrumented: a process of one file starts in a fraction of the time, and several
 * hundred are going to.
 * @param isOnPath whether the awaits of a file are points
 */
export async function bundleWorker(output: string, isOnPath: (file: string) => boolean): Promise<InstrumentedWorker> {
  const points: AwaitPoint[] = [];
  const files: string[] = [];
  const instrumentAwaits: Plugin = {
    name: 'instrument-awaits',
    async load(id) {
      const file = relative(root, id).split(sep).join('/');
      if (!/^(apps|libs)\/.*\.ts$/.test(file)) return null;
      files.push(file);
      const source = await readFile(id, 'utf8');
      if (!isOnPath(file)) return { code: source, moduleType: 'ts' };
      const instrumented = instrument(file, source, points.length);
      points.push(...instrumented.points);
      return { code: instrumented.code, moduleType: 'ts' };
    },
  };
  const bundle = await rolldown({
    input: join(root, 'libs/messaging/test/kill-points/worker.ts'),
    platform: 'node',
    external: ['pg-native'],
    // What the worker does not happen to use counts as well.
    treeshake: false,
    tsconfig: join(root, 'tsconfig.base.json'),
    resolve: { conditionNames: ['@orderflow/source', 'node', 'default'] },
    plugins: [instrumentAwaits],
    onLog: (level, log, report) => {
      if (log.code !== 'EVAL' && log.code !== 'PLUGIN_TIMINGS') report(level, log);
    },
  });
  await bundle.write({ file: output, format: 'esm', sourcemap: true, codeSplitting: false, keepNames: true });
  await bundle.close();
  return { points, files: files.sort() };
}
