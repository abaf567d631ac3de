import { type ArgumentsHost, Catch, type ExceptionFilter, Logger } from '@nestjs/common';
import { answerOf } from './problem-document.js';
import { Problem } from './problem.js';
import { problemOf } from './problem-of.js';

/** The parts of a Fastify request and reply that are needed here. */
interface Request {
  readonly url: string;
}
interface Reply {
  status(code: number): Reply;
  headers(headers: Readonly<Record<string, string>>): Reply;
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
    this.#log(problem, error, request.url);
    const { status, headers, body } = answerOf(problem, request.url);
    void reply.status(status).headers(headers).send(body);
  }

  /** Once: a fault of ours with its stack; that something is away in a line, for then there are many. */
  #log(problem: Problem, error: unknown, path: string): void {
    if (problem.status === 503) this.#logger.warn({ reason: reasonOf(error), path }, problem.message);
    else if (problem.status >= 500) this.#logger.error({ err: error, path }, problem.message);
  }
}

/** The innermost message: a problem's own says what the client may know. */
function reasonOf(error: unknown): string {
  const cause = error instanceof Problem ? error.cause : undefined;
  if (cause !== undefined) return reasonOf(cause);
  return error instanceof Error ? error.message || error.name : String(error);
}
