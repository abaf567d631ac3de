import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';
import { tokens } from './api-scope.js';

const tokensNote = 'An access token of the configured issuer; on a loopback address without an issuer none is needed.';

/** Swagger UI's files beside the bundle, where the build copies them; run from source they are found by themselves. */
const bundledAssets = join(import.meta.dirname, 'swagger-ui');

/** Serves the OpenAPI document at `/docs-json` and a page to try it out at `/docs`. */
export function serveOpenApi(app: INestApplication): void {
  SwaggerModule.setup('docs', app, () => describeApi(app), {
    jsonDocumentUrl: 'docs-json',
    customSiteTitle: 'OrderFlow order-api',
    ...(existsSync(bundledAssets) && { customSwaggerUiPath: bundledAssets }),
  });
}

function describeApi(app: INestApplication): OpenAPIObject {
  const info = new DocumentBuilder()
    .setTitle('OrderFlow order-api')
    .setDescription('Takes orders, says what became of them, and has a lab for raw messages.')
    .setVersion('1')
    .addTag('orders')
    .addTag('ops', 'Queues, dead letters, outboxes, and the stories of orders: where `OPS` is true')
    .addTag('lab', 'A queue without contracts: texts in, texts out')
    .addSecurity(tokens, { type: 'http', scheme: 'bearer', bearerFormat: 'JWT', description: tokensNote })
    .build();
  return SwaggerModule.createDocument(app, info);
}
