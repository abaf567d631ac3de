import type { Page } from './browser.js';

/** A port of the system, and what is behind it that somebody would want. */
export interface Face {
  readonly name: string;
  /** For example `127.0.0.1:3000`. */
  readonly host: string;
  /** A path to read from. */
  readonly read: string;
  /** A path to write to, and what. */
  readonly write: string;
  readonly body: string;
}

/**
 * What a script of a page can do to a server without asking it first: read, write as a form or as text, write in a way
 * that other sites must ask for, and open a WebSocket. Runs in the page; answers whether the WebSocket was taken.
 */
const attack = `async (base, { read, write, body }) => {
  const attempt = (path, init) => fetch('http://' + base + path, init).then((answer) => answer.text()).catch(() => '');
  await attempt(read, { mode: 'no-cors' });
  await attempt(write, { mode: 'no-cors', method: 'POST', headers: { 'content-type': 'text/plain' }, body });
  await attempt(write, { method: 'PUT', body });
  await new Promise((resolve) => {
    const frame = Object.assign(document.createElement('iframe'), { name: 'answer' });
    const form = Object.assign(document.createElement('form'), { action: 'http://' + base + write, method: 'post' });
    form.target = 'answer';
    form.append(Object.assign(document.createElement('input'), { name: 'text', value: body }));
    document.documentElement.append(frame, form);
    frame.addEventListener('load', resolve);
    form.submit();
  });
  return new Promise((resolve) => {
    const socket = new WebSocket('ws://' + base + '/$servicebus/websocket', 'AMQPWSB10');
    socket.onopen = () => resolve('open');
    socket.onerror = () => resolve('refused');
  });
}`;

/** What a page achieved. */
export interface Outcome {
  /** The status of each answer by the request's method. */
  readonly statuses: Readonly<Record<string, readonly number[]>>;
  readonly webSocket: 'open' | 'refused';
}

/** Attacks a face from a page. @param base host and port under which the page looks for it */
export async function attackFrom(page: Page, base: string, face: Face): Promise<Outcome> {
  const before = page.answers.length;
  const attacked = [face.read, face.write].map((path) => `http://${base}${path}`);
  const webSocket = await page.run<Outcome['webSocket']>(attack, base, face);
  const statuses: Record<string, number[]> = {};
  for (const { method, url, status } of page.answers.slice(before)) {
    // A browser also asks for an icon of the page.
    if (attacked.includes(url)) (statuses[method] ??= []).push(status);
  }
  return { statuses, webSocket };
}
