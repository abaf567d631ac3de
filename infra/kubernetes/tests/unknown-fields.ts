import { join } from 'node:path';
import ts from 'typescript';
import { type Manifest, readAllManifests, titleOf } from './manifests.ts';

/** Object literal may only specify known properties; the second form suggests one. */
const UNKNOWN_PROPERTY = new Set([2353, 2561]);

/**
 * The fields that the API of Kubernetes would refuse as unknown: it names none of a misspelt probe's consequences, only
 * its spelling. The published types know every field, so the compiler is asked about the manifests as literals of them.
 */
export async function unknownFields(root: string): Promise<readonly string[]> {
  const manifests = readAllManifests(root);
  const source = manifests.map(asLiteral).join('\n');
  // Where the packages with the types are found; the file itself is never written.
  const file = join(import.meta.dirname, 'manifests-as-literals.ts');
  const options: ts.CompilerOptions = {
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    target: ts.ScriptTarget.ESNext,
    skipLibCheck: true,
    strict: true,
    noEmit: true,
    types: [],
  };
  const host = ts.createCompilerHost(options);
  const { fileExists, getSourceFile } = host;
  host.fileExists = (name) => name === file || fileExists(name);
  host.getSourceFile = (name, ...rest) =>
    name === file ? ts.createSourceFile(name, source, ts.ScriptTarget.ESNext) : getSourceFile(name, ...rest);
  const program = ts.createProgram([file], options, host);
  return program.getSemanticDiagnostics(program.getSourceFile(file)).flatMap(({ code, messageText, start = 0 }) => {
    const text = ts.flattenDiagnosticMessageText(messageText, ' ');
    const title = titleOf(manifests[source.slice(0, start).split('\n').length - 1] as Manifest);
    const [, field] = /'"?([^'"]+)"?' does not exist in type/.exec(text) ?? [];
    if (UNKNOWN_PROPERTY.has(code)) return [`${title} has the unknown field ${field}`];
    // Missing types would make every field a known one.
    return code === 2307 ? [`${title}: ${text}`] : [];
  });
}

/** On one line: the line of a complaint is the number of its manifest. */
function asLiteral(manifest: Manifest, index: number): string {
  const { apiVersion, kind } = manifest;
  const models = apiVersion.startsWith('keda.sh/') ? '@kubernetes-models/keda' : 'kubernetes-models';
  return `export const manifest${index}: import('${models}/${apiVersion}').I${kind} = ${JSON.stringify(manifest)};`;
}
