import { type ArgumentsHost, Catch, type ExceptionFilter, Logger } from '@nestjs/common';
import { documentOf, problemContentType } from './problem-document.js';
import { problemOf } from './problem-of.js';

/** The parts of a Fastify request and reply that are needed here. */
interface Request {
  readonly url: string;
}
interface Reply {
  status(code: number): Reply;
  headers(headers: Readonly<Record<string, string>>): Reply;
  header(name: string, value: string): Reply;
  send(body: string): unknown;
}

/** Answers every error of an HTTP request with a problem document. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  readonly #logger = new Logger(ProblemFilter.name);
  readonly #tryAgain: string | undefined;

  /** @param tryAgain what a client may do about a failure of ours, in a sentence */
  constructor(tryAgain?: string) {
    this.#tryAgain = tryAgain;
  }

  catch(error: unknown, host: ArgumentsHost): void {
    if (host.getType() !== 'http') throw error;
    const request = host.switchToHttp().getRequest<Request>();
    const reply = host.switchToHttp().getResponse<Reply>();
    const problem = problemOf(error, this.#tryAgain);
    if (problem.status >= 500) this.#logger.error({ err: error, path: request.url }, problem.message);
    const path = request.url.split('?', 1)[0] ?? '/';
    void reply
      .status(problem.status)
      .headers(problem.headers)
      .header('content-type', problemContentType)
      .send(JSON.stringify(documentOf(problem, path)));
  }
}
