import { globSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

/** The root of the repository. */
export const root = fileURLToPath(new URL('../../', import.meta.url));

/** One import, from a file to a file; both relative to {@link root}, with forward slashes. */
export interface Import {
  readonly from: string;
  readonly to: string;
}

/** Every TypeScript file of apps, libraries and benchmarks that is not a test, relative to {@link root}. */
export function productionFiles(): readonly string[] {
  return sourceFiles().filter((file) => !/\.spec\.ts$|\.e2e\.ts$|\/test\/|\/testing\//.test(file));
}

const typescript = '{apps,libs,bench,infra,e2e,house,tools}/**/*.ts';

/** The files of a pattern that people write, every TypeScript file by default; relative to {@link root}. */
export function sourceFiles(pattern = typescript): readonly string[] {
  return globSync(pattern, {
    cwd: root,
    exclude: (path) => /(^|[\\/])(node_modules|dist|out-tsc)$/.test(String(path)),
  })
    .map((file) => file.split(sep).join('/'))
    .filter((file) => !file.endsWith('.d.ts'))
    .sort();
}

export function read(file: string): string {
  return readFileSync(join(root, file), 'utf8');
}

/** The imports of a file that lead to another file of its project; types and dynamic imports included. */
export function importsOf(file: string): readonly Import[] {
  return ts
    .preProcessFile(read(file), true, true)
    .importedFiles.map(({ fileName }) => fileName)
    .filter((specifier) => specifier.startsWith('.'))
    .map((specifier) => normalize(join(root, dirname(file), specifier)).replace(/\.js$/, '.ts'))
    .map((to) => ({ from: file, to: relative(root, to).split(sep).join('/') }));
}
