import { type ArgumentsHost, Catch, type ExceptionFilter, ServiceUnavailableException } from '@nestjs/common';

/** The part of a Fastify reply that is needed here. */
interface Reply {
  status(code: number): { send(body: unknown): unknown };
}

/** Terminus reports a failed check as an exception; its answer is the report, not a problem document. */
@Catch(ServiceUnavailableException)
export class UnhealthyFilter implements ExceptionFilter<ServiceUnavailableException> {
  catch(error: ServiceUnavailableException, host: ArgumentsHost): void {
    host.switchToHttp().getResponse<Reply>().status(503).send(error.getResponse());
  }
}
