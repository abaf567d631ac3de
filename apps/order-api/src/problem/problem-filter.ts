import { type ArgumentsHost, Catch, type ExceptionFilter, Logger } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { documentOf, problemContentType } from './problem-document.js';
import { problemOf } from './problem-of.js';

/** Answers every error of an HTTP request with a problem document. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  readonly #logger = new Logger(ProblemFilter.name);

  catch(error: unknown, host: ArgumentsHost): void {
    if (host.getType() !== 'http') throw error;
    const request = host.switchToHttp().getRequest<FastifyRequest>();
    const reply = host.switchToHttp().getResponse<FastifyReply>();
    const problem = problemOf(error);
    if (problem.status >= 500) this.#logger.error({ err: error, path: request.url }, problem.message);
    const path = request.url.split('?', 1)[0] ?? '/';
    void reply
      .status(problem.status)
      .headers(problem.headers)
      .header('content-type', problemContentType)
      .send(JSON.stringify(documentOf(problem, path)));
  }
}
