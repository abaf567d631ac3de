import type { ServerResponse } from 'node:http';

export function sendJson(response: ServerResponse, status: number, value: unknown): void {
  sendText(response, status, 'application/json', `${JSON.stringify(value)}\n`);
}

export function sendText(response: ServerResponse, status: number, type: string, body: string): void {
  const headers = { 'content-type': `${type}; charset=utf-8`, 'content-length': Buffer.byteLength(body) };
  response.writeHead(status, headers).end(body);
}
