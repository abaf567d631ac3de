import { type AllowListProblem, splitList } from '@orderflow/http-guard';
import { z } from 'zod';
import { duration } from './duration.js';

/** What a variable is documented and reported with. */
export interface VariableNotes {
  readonly description: string;
  readonly example: string;
  /** The value is never shown, neither in an error nor in the documentation. */
  readonly secret?: boolean;
}

/** A variable with its notes; they are found again by {@link notesOf}. */
export function variable<S extends z.ZodType>(schema: S, notes: VariableNotes): S {
  return schema.meta({ ...notes }) as S;
}

/** The notes of a variable, if it was made with {@link variable}. */
export function notesOf(schema: z.ZodType): Partial<VariableNotes> {
  return (schema.meta() ?? {}) as Partial<VariableNotes>;
}

/** A whole number within bounds. */
export function wholeNumber(min: number, max: number) {
  const message = `must be a whole number from ${min} to ${max}`;
  return z
    .string()
    .regex(/^\d{1,15}$/, message)
    .transform(Number)
    .refine((value) => value >= min && value <= max, message);
}

/** The file of a secret variable. */
export function secretFile(name: string, forEach: string) {
  return variable(z.string().min(1).optional(), {
    description: `A file that holds \`${name}\`, instead of it; read again for each new ${forEach}`,
    example: `/run/secrets/${name.toLowerCase().replaceAll('_', '-')}`,
  });
}

/** An address with one of these protocols, each with its colon. */
export function url(protocols: readonly string[]) {
  return z.string().refine((value) => protocols.includes(URL.parse(value)?.protocol ?? ''), {
    message: `must be a URL that starts with ${protocols.map((protocol) => `${protocol}//`).join(' or ')}`,
  });
}

/** Several entries; what is wrong is reported by position, since values do not appear in errors. */
export function allowList(problemsOf: (entries: readonly string[]) => readonly AllowListProblem[]) {
  return z
    .string()
    .transform(splitList)
    .superRefine((entries, context) => {
      for (const { position, problem } of problemsOf(entries)) {
        context.addIssue({ code: 'custom', message: `entry ${position} ${problem}` });
      }
    });
}

interface Range<Usual> {
  /** The default, which is the example as well. */
  readonly usual: Usual;
  readonly min: number;
  readonly max: number;
}

/** How many of something. */
export function count({ usual, min, max }: Range<number>, description: string) {
  return variable(wholeNumber(min, max).prefault(String(usual)), { description, example: String(usual) });
}

/** How long something takes; bounds in milliseconds. */
export function time({ usual, min, max }: Range<string>, description: string) {
  return variable(duration(min, max).prefault(usual), { description, example: usual });
}
