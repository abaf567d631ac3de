import type { IncomingMessage, ServerResponse } from 'node:http';
import type { BrokerCore } from '../../broker-core.js';
import type { Faults } from '../../faults/faults.js';
import type { EventTap } from '../../event-tap.js';
import { BrokerError } from '../../entities/errors.js';
import type { AuthorizationRule } from '../../entities/authorization-rule.js';
import { describeTopology } from '../../describe-topology.js';
import { formatTopology } from '../../topology/index.js';
import { sendJson, sendText } from '../answer.js';
import { readBody } from '../read-body.js';
import { browse } from './browse.js';
import { describeClock, moveClock } from './clock.js';
import { clearFaults, createFault } from './faults.js';
import { streamEvents } from './stream-events.js';
import { EventFeed } from './event-feed.js';
import { listEntities } from './list-entities.js';

interface ControlOptions {
  readonly core: BrokerCore;
  readonly faults: Faults;
  readonly tap: EventTap;
  /** The namespace's name. */
  readonly name: string;
  /** The namespace's own shared access keys. */
  readonly authorizationRules: readonly AuthorizationRule[];
}

interface ControlRequest {
  readonly url: URL;
  readonly message: IncomingMessage;
  readonly response: ServerResponse;
}

interface ControlParts extends ControlOptions {
  readonly feed: EventFeed;
}

type Route = (api: ControlParts, request: ControlRequest, rest: string) => void | Promise<void>;

/** Each by method and first segment of the path; the rest of the path is its argument. */
const ROUTES: Readonly<Record<string, Route>> = {
  'GET clock': ({ core }, { response }) => sendJson(response, 200, describeClock(core)),
  'POST clock': async ({ core }, { message, response }) =>
    sendJson(response, 200, moveClock(core, parseJson(await readBody(message)))),
  'GET faults': ({ faults }, { response }) => sendJson(response, 200, faults.list()),
  'POST faults': async ({ faults }, { message, response }) =>
    sendJson(response, 201, createFault(faults, parseJson(await readBody(message)))),
  'DELETE faults': ({ faults }, { response }, id) => sendJson(response, 200, clearFaults(faults, id)),
  'GET entities': ({ core }, { response }) => sendJson(response, 200, listEntities(core.namespace)),
  'GET messages': ({ core }, { url, response }, rest) => sendJson(response, 200, browse(core, rest, url.searchParams)),
  'GET traffic': ({ feed }, { url, message, response }) => streamEvents(feed, url, message, response),
  'GET topology': ({ core, name, authorizationRules }, { response }) =>
    sendText(
      response,
      200,
      'application/json',
      formatTopology(describeTopology(core.namespace, name, authorizationRules)),
    ),
};

/** The broker's own pages, which Azure does not have: for people and for tests. */
export class ControlApi {
  readonly #parts: ControlParts;

  constructor(options: ControlOptions) {
    this.#parts = { ...options, feed: new EventFeed(options.tap) };
  }

  /** @throws BrokerError when the request is wrong, or about something that does not exist */
  async answer(request: ControlRequest): Promise<void> {
    const [, first = '', rest = ''] = /^\/([^/]*)\/?(.*)$/.exec(decodeURIComponent(request.url.pathname)) ?? [];
    const name = `${request.message.method} ${first}`;
    const route = ROUTES[name];
    if (!route) {
      const known = Object.keys(ROUTES).join(', ');
      return sendJson(request.response, 404, { error: `There is no '${name}'. There are: ${known}.` });
    }
    await route(this.#parts, request, rest);
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new BrokerError('com.microsoft:argument-error', `The body must be JSON: ${(error as Error).message}`);
  }
}
