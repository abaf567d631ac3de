import { type DynamicModule, Module, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { ProblemFilter, SchemaPipe } from '@orderflow/service-kit';

/** Part of the service behind a real port. */
export interface HttpApp {
  readonly url: string;
  close(): Promise<void>;
}

@Module({})
class Part {}

export async function serve(...imports: (Type | DynamicModule)[]): Promise<HttpApp> {
  const app = await NestFactory.create<NestFastifyApplication>(
    { module: Part, imports },
    new FastifyAdapter({ bodyLimit: 10_000 }),
    { logger: false, abortOnError: false },
  );
  app.useGlobalPipes(new SchemaPipe()).useGlobalFilters(new ProblemFilter());
  await app.listen(0, '127.0.0.1');
  return { url: (await app.getUrl()).replace(/\/$/, ''), close: () => app.close() };
}
