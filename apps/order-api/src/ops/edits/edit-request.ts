import type { ProblemPart } from '@orderflow/service-kit';
import { z } from 'zod';
import { note } from '../replays/replay-request.js';

/** Properties that say what a message is, where it has been, or what it died of: an edit does not change them. */
const notTheirs =
  /^(cloudEvents[_:]|messaging_|DeadLetter|x-|consumer-version$|edited-from$|traceparent$|tracestate$)/i;
const longest = { name: 200, value: 1_024 };
const mostProperties = 100;

const storable = (text: string) => text.isWellFormed() && !text.includes('\u0000');
const value = z
  .string('must be a text, or null to leave the property out')
  .max(longest.value, `must have at most ${longest.value} characters`)
  .refine(storable, 'must not contain NUL or half a character')
  .nullable();

/** Application properties by name: set, or left out where null. What is wrong with names is said along with all else. */
const properties = z.record(z.string(), value).superRefine(
  (given: unknown, context) => {
    if (typeof given !== 'object' || given === null) return;
    const issue = (path: string[], message: string) => context.addIssue({ code: 'custom', path, message });
    const names = Object.keys(given);
    if (names.length > mostProperties) issue([], `must name at most ${mostProperties} properties`);
    for (const name of names) {
      if (name === '' || name.length > longest.name || !storable(name)) {
        issue([name], `must have a name of 1 to ${longest.name} characters, without NUL or half a character`);
      } else if (notTheirs.test(name)) {
        issue([name], 'is not changed by an edit; leave it out');
      }
    }
  },
  { when: () => true },
);

/** The body of `POST …/dead-letters/{place}/edit`. */
export const editRequest = z.strictObject({
  /** The new body, as JSON. */
  body: z.unknown().refine((body) => body !== undefined, 'must be the whole new body, as JSON'),
  properties: properties.default({}),
  note,
});
export type EditRequest = z.output<typeof editRequest>;

/** Where in the request something of a body is: `lines[0].sku` is `#/body/lines/0/sku` (RFC 6901). */
export function pointerOf(path: string): string {
  const steps = [...path.matchAll(/\["((?:[^"\\]|\\.)*)"\]|([^.[\]"]+)/g)].map(([, quoted, plain]) =>
    quoted === undefined ? String(plain) : String(JSON.parse(`"${quoted}"`)),
  );
  const escaped = steps.map((step) =>
    encodeURIComponent(step.toWellFormed().replaceAll('~', '~0').replaceAll('/', '~1')),
  );
  return `#/${['body', ...escaped].join('/')}`;
}

/** What a contract says of a body, for a problem document. */
export function partsOf(problems: readonly { readonly path: string; readonly message: string }[]): ProblemPart[] {
  return problems.map(({ path, message }) => ({ pointer: pointerOf(path), detail: message }));
}
