/** A small service, for the specs that run one in a process of its own. */
import { Controller, Get, Module } from '@nestjs/common';
import { z } from 'zod';
import {
  accessVariables,
  port,
  processVariables,
  RequireScope,
  runService,
  StartupError,
  tracingVariables,
  variable,
} from '../src/index.js';

@Controller()
class BooksController {
  /** Answers only after the process was asked to stop. */
  @Get('slow')
  @RequireScope('ops:read')
  slow(): Promise<string> {
    process.stdout.write('{"msg":"reading slowly"}\n');
    return new Promise((resolve) => {
      process.once('SIGTERM', () => setImmediate(() => resolve('finished')));
    });
  }
}

@Module({ controllers: [BooksController] })
class LibraryModule {}

await runService({
  name: 'library',
  schema: z.object({
    PORT: port(0),
    ...processVariables,
    ...accessVariables,
    ...tracingVariables,
    SHELVES: variable(z.enum(['open', 'broken', 'stuck', 'jammed']), {
      description: 'State of the shelves',
      example: 'open',
    }),
  }),
  compose: ({ config }) => ({
    module: {
      module: LibraryModule,
      providers: [{ provide: 'shelves', useValue: { onModuleDestroy: () => close(config.SHELVES) } }],
    },
    prepare: () => {
      if (config.SHELVES === 'broken') throw new StartupError('The shelves are broken. Mend them and start again.');
    },
    close: async () => {
      if (config.SHELVES === 'jammed') throw new Error('the shelves are jammed');
    },
  }),
});

function close(shelves: string): Promise<void> | undefined {
  return shelves === 'stuck' ? new Promise(() => {}) : undefined;
}
