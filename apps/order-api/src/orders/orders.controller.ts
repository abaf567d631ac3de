import { Body, Controller, Get, HttpCode, Param, Post, Query, Req, Res } from '@nestjs/common';
import { ApiResponse, ApiTags } from '@nestjs/swagger';
import { orderSchema } from '@orderflow/contracts';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ApiIdempotencyKey } from '../idempotency/api-idempotency-key.js';
import { requestKey } from '../idempotency/idempotency-key.js';
import { ApiProblem } from '../openapi/api-problem.js';
import { ApiScope } from '../openapi/api-scope.js';
import { type Caller, forbidden, Problem, RequestCaller, RequestDatabase } from '@orderflow/service-kit';
import { readTimeline } from '../timeline/timeline-store.js';
import { timelineView, type TimelineView } from '../timeline/timeline-view.js';
import { CancelOrder } from './cancel-order.js';
import { listOrdersQuery, type ListOrdersQuery } from './list-orders-query.js';
import { orderPage, type OrderPage, orderView, type OrderView } from './order-view.js';
import { PlaceOrder } from './place-order.js';
import {
  cancelOrderRequest,
  type CancelOrderRequest,
  placeOrderRequest,
  type PlaceOrderRequest,
} from './place-order-request.js';
import { listOrders, readOrder } from './order-store.js';
import { causeOfRequest } from './request-origin.js';

const idParameter = { schema: orderSchema.shape.orderId };

@ApiTags('orders')
@ApiProblem(503, 'The database does not answer')
@Controller('orders')
export class OrdersController {
  constructor(
    private readonly database: RequestDatabase,
    private readonly placeOrder: PlaceOrder,
    private readonly cancelOrder: CancelOrder,
  ) {}

  @Post()
  @ApiScope('orders:write', { customers: true })
  @HttpCode(202)
  @ApiIdempotencyKey()
  @ApiResponse({ status: 202, standardSchema: orderView, description: 'Placed; `Location` says where to follow it' })
  @ApiProblem(400, 'The request or its Idempotency-Key is invalid')
  @ApiProblem(413, 'The body is too large')
  @ApiProblem(415, 'The body is not JSON')
  async place(
    @Body({ schema: placeOrderRequest }) order: PlaceOrderRequest,
    @RequestCaller() caller: Caller | undefined,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    requireOwn(caller, order.customerId);
    const key = requestKey({ headers: request.headers, caller }, 'POST /orders', order);
    const { status, headers, body } = await this.placeOrder.once(order, causeOfRequest(request), key);
    reply.status(status).headers(headers).send(body);
  }

  @Get()
  @ApiScope('orders:read', { customers: true })
  @ApiResponse({ status: 200, standardSchema: orderPage, description: 'Newest first' })
  @ApiProblem(400, 'The query is invalid')
  list(
    @Query({ schema: listOrdersQuery }) query: ListOrdersQuery,
    @RequestCaller() caller: Caller | undefined,
  ): Promise<OrderPage> {
    if (query.customerId !== undefined) requireOwn(caller, query.customerId);
    return listOrders(this.database, { ...query, customerId: caller?.customerId ?? query.customerId });
  }

  @Get(':id')
  @ApiScope('orders:read', { customers: true })
  @ApiResponse({ status: 200, standardSchema: orderView })
  @ApiProblem(404, 'There is no such order')
  read(@Param('id', idParameter) id: string, @RequestCaller() caller: Caller | undefined): Promise<OrderView> {
    return this.#ownOrder(id, caller);
  }

  @Post(':id/cancel')
  @ApiScope('orders:write', { customers: true })
  @HttpCode(202)
  @ApiResponse({ status: 202, standardSchema: orderView, description: 'Asked for, or cancelled already' })
  @ApiProblem(400, 'The request is invalid')
  @ApiProblem(404, 'There is no such order')
  @ApiProblem(409, 'The order was decided before')
  async cancel(
    @Param('id', idParameter) id: string,
    @Body({ schema: cancelOrderRequest }) body: CancelOrderRequest,
    @RequestCaller() caller: Caller | undefined,
    @Req() request: FastifyRequest,
  ): Promise<OrderView> {
    if (caller?.customerId !== undefined) await this.#ownOrder(id, caller);
    const order = (await this.cancelOrder.request(id, body?.reason, causeOfRequest(request))) ?? noSuchOrder(id);
    if (order.status === 'cancelling' || order.status === 'cancelled') return order;
    throw new Problem(409, 'order-already-decided', `Order ${id} is ${order.status} and can no longer be cancelled.`);
  }

  @Get(':id/timeline')
  @ApiScope('orders:read', { customers: true })
  @ApiResponse({ status: 200, standardSchema: timelineView })
  @ApiProblem(404, 'There is no such order')
  async timeline(
    @Param('id', idParameter) id: string,
    @RequestCaller() caller: Caller | undefined,
  ): Promise<TimelineView> {
    if (caller?.customerId !== undefined) await this.#ownOrder(id, caller);
    const messages = await readTimeline(this.database, id);
    return messages.length === 0 ? noSuchOrder(id) : { orderId: id, messages };
  }

  /** @throws Problem when there is no such order, or the caller is another customer */
  async #ownOrder(id: string, caller: Caller | undefined): Promise<OrderView> {
    const order = (await readOrder(this.database, id)) ?? noSuchOrder(id);
    requireOwn(caller, order.customerId);
    return order;
  }
}

/**
 * A customer acts for itself; other callers act for everybody.
 * @throws Problem for another customer's
 */
function requireOwn(caller: Caller | undefined, customerId: string | null | undefined): void {
  if (caller?.customerId === undefined || caller.customerId === customerId) return;
  throw forbidden("The token is another customer's.");
}

function noSuchOrder(id: string): never {
  throw new Problem(404, 'order-not-found', `There is no order ${id} here.`);
}
