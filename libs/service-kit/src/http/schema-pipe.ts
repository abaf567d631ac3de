import { type ArgumentMetadata, Injectable, type PipeTransform } from '@nestjs/common';
import { Problem, type ProblemPart } from './problem.js';

type Schema = NonNullable<ArgumentMetadata['schema']>;
type SchemaResult = Awaited<ReturnType<Schema['~standard']['validate']>>;
type Issue = NonNullable<SchemaResult['issues']>[number];

/** Checks every parameter that names a schema, `@Body({ schema })`, and lists all that is wrong with it. */
@Injectable()
export class SchemaPipe implements PipeTransform {
  async transform(value: unknown, { schema, type, data }: ArgumentMetadata): Promise<unknown> {
    if (!schema) return value;
    const result = await schema['~standard'].validate(value);
    if (!result.issues) return result.value;
    const errors = result.issues.flatMap(oneForEachField).map((issue) => partOf(issue, type, data));
    const [first] = errors;
    const detail = errors.length === 1 && first ? first.detail : `${errors.length} things are wrong: see errors.`;
    throw new Problem(400, 'invalid-request', detail, { errors });
  }
}

/** Zod reports all unknown fields of an object at once; each is a thing that is wrong with the request. */
function oneForEachField(issue: Issue): readonly Issue[] {
  const { code, keys } = issue as { readonly code?: unknown; readonly keys?: unknown };
  if (code !== 'unrecognized_keys' || !Array.isArray(keys)) return [issue];
  return keys.map((key: string) => ({
    path: [...(issue.path ?? []), key],
    message: 'is not known here; leave it out',
  }));
}

function partOf({ path = [], message }: Issue, type: ArgumentMetadata['type'], data: string | undefined): ProblemPart {
  const keys = path.map((segment) => String(typeof segment === 'object' ? segment.key : segment));
  if (type === 'body') return { pointer: `#${keys.map((key) => `/${escapePointer(key)}`).join('')}`, detail: message };
  const parameter = data ?? keys.join('.');
  return parameter === '' ? { detail: message } : { parameter, detail: message };
}

/** RFC 6901, sections 3 and 6. Half of a surrogate pair, which no URI can name, is shown as the replacement character. */
function escapePointer(key: string): string {
  return encodeURIComponent(key.toWellFormed().replaceAll('~', '~0').replaceAll('/', '~1'));
}
