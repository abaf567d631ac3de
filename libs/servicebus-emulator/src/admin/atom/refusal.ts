import { BrokerError } from '../../entities/errors.js';
import { StoreFullError } from '../../entities/events.js';
import { RuleSyntaxError } from '../../rules/index.js';
import { formatXml, XmlError } from '../xml.js';

/** The answer to a request that the management API refuses. */
interface Refusal {
  readonly status: number;
  readonly detail: string;
}

/** Azure's sub-codes: its own clients tell errors of one status apart by them. */
const SUB_CODES: Readonly<Record<number, string>> = {
  400: 'SubCode=40000. Bad Request. ',
  401: 'SubCode=40100. Unauthorized. ',
  403: 'SubCode=40300. Forbidden. ',
  409: 'SubCode=40900. Conflict. ',
};

/** The refusal an error stands for; undefined for a defect of the broker. */
export function refusalOf(error: unknown): Refusal | undefined {
  if (error instanceof BrokerError) {
    // Here a target of forwarding that is missing is a mistake in the description, not a missing resource.
    const missing = error.status === 404 && !error.message.startsWith('The messaging entity');
    return refusal(missing ? 400 : error.status, error.message);
  }
  if (error instanceof RuleSyntaxError || error instanceof XmlError) return refusal(400, error.message);
  if (error instanceof URIError) return refusal(400, 'The URL is not encoded properly.');
  if (error instanceof StoreFullError) return refusal(403, error.message);
  return undefined;
}

function refusal(status: number, message: string): Refusal {
  return { status, detail: `${SUB_CODES[status] ?? ''}${message}` };
}

export function formatRefusal({ status, detail }: Refusal): string {
  return formatXml({ Error: { Code: status, Detail: detail } });
}
