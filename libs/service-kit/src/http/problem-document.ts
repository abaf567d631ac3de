import { z } from 'zod';
import type { Problem } from './problem.js';

export const problemContentType = 'application/problem+json; charset=utf-8';

/** The body of every error answer (RFC 9457). */
export const problemDocument = z
  .object({
    type: z.string().describe('Stable: urn:orderflow:problem: and a code'),
    title: z.string(),
    status: z.int(),
    detail: z.string().describe('What is wrong with this request and what to do'),
    instance: z.string().describe('The path that was asked for; empty where none could be read'),
    errors: z
      .array(z.object({ pointer: z.string().optional(), parameter: z.string().optional(), detail: z.string() }))
      .optional()
      .describe('Every invalid field: `pointer` into the body, or the name of the `parameter`'),
  })
  .meta({ id: 'Problem' });

export type ProblemDocument = z.infer<typeof problemDocument>;

/** A problem as it goes out. */
export interface ProblemAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** @param target what was asked for: the path, with or without a query */
export function answerOf(problem: Problem, target: string): ProblemAnswer {
  const headers = { ...problem.headers, 'content-type': problemContentType };
  const document = documentOf(problem, target.split('?', 1)[0] ?? '');
  return { status: problem.status, headers, body: JSON.stringify(document) };
}

function documentOf({ status, code, message, errors }: Problem, path: string): ProblemDocument {
  return {
    type: `urn:orderflow:problem:${code}`,
    title: code.charAt(0).toUpperCase() + code.slice(1).replaceAll('-', ' '),
    status,
    detail: message,
    instance: path,
    ...(errors && { errors: [...errors] }),
  };
}
