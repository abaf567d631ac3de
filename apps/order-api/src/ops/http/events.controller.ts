import { Controller, Get, Headers, Inject, type OnModuleDestroy, Query, Res, StreamableFile } from '@nestjs/common';
import { ApiHeader, ApiProduces, ApiResponse, ApiTags } from '@nestjs/swagger';
import { type Caller, RequestCaller } from '@orderflow/service-kit';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { ApiProblem } from '../../openapi/api-problem.js';
import { ApiScope } from '../../openapi/api-scope.js';
import { actorOf } from '../audit/audit-log.js';
import { EventHub } from '../events/event-hub.js';
import { type EventTopic, eventTopics } from '../events/event-topics.js';

const oneOf = `must be some of ${eventTopics.join(', ')}, with commas between them`;
const eventsQuery = z.strictObject({
  topics: z
    .string()
    .max(200, oneOf)
    .default(eventTopics.join())
    .transform((text) => [...new Set(text.split(','))] as EventTopic[])
    .refine((topics) => topics.every((topic) => eventTopics.includes(topic)), oneOf),
});
const mediaType = 'text/event-stream';

@ApiTags('ops')
@ApiProblem(503, 'The database does not answer')
@Controller('ops/events')
export class EventsController implements OnModuleDestroy {
  constructor(@Inject(EventHub) private readonly hub: EventHub) {}

  @Get()
  // A stream has no answer without its body.
  @ApiScope('ops:read', { config: { withoutHead: true } })
  @ApiProduces(mediaType)
  @ApiHeader({ name: 'last-event-id', required: false, description: 'Goes on from there, or says `resync`' })
  @ApiResponse({ status: 200, description: 'Server-sent events: `hello`, the topics asked for, `resync`' })
  @ApiProblem(400, 'The query is invalid')
  async stream(
    @Query({ schema: eventsQuery }) { topics }: z.output<typeof eventsQuery>,
    @Headers('last-event-id') lastEventId: string | undefined,
    @RequestCaller() caller: Caller | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<StreamableFile> {
    const { readable } = await this.hub.open({ caller: actorOf(caller), topics, lastEventId });
    // What buffers answers, as nginx does, would keep them from whoever waits.
    void reply.header('cache-control', 'no-store').header('x-accel-buffering', 'no');
    return new StreamableFile(readable, { type: mediaType });
  }

  /** A stream under way would hold up the end of the service. */
  onModuleDestroy(): void {
    this.hub.close();
  }
}
