// Tells once what has to be told of alerts, in a process of its own that a test can kill:
// `node --import tools/typescript.mjs notice-child.ts DATABASE_URL WEBHOOK_URL SECRET`.
import { Pool } from 'pg';
import { NoticeRunner } from '../src/ops/alerts/notice-runner.js';

const [connectionString, url = '', secret = ''] = process.argv.slice(2);
const database = new Pool({ connectionString });
const log = { warn: () => undefined, error: () => undefined };
const runner = new NoticeRunner({ database, log, webhook: { url, secret: () => secret } });
await runner.step(new AbortController().signal);
await database.end();
