/** As much as is needed of a request of `@azure/core-rest-pipeline`. */
interface PipelineRequest {
  url: string;
  allowInsecureConnection?: boolean;
}

/** A pipeline policy, as `ServiceBusAdministrationClient.pipeline.addPolicy` takes it. */
export interface PlainHttpPolicy {
  readonly name: string;
  sendRequest<Request extends PipelineRequest, Response>(
    request: Request,
    next: (request: Request) => Promise<Response>,
  ): Promise<Response>;
}

/**
 * Lets Microsoft's administration client talk to a local broker without TLS, which it always uses by itself:
 *
 * ```ts
 * const admin = new ServiceBusAdministrationClient(broker.adminConnectionString);
 * admin.pipeline.addPolicy(plainHttpPolicy());
 * ```
 */
export function plainHttpPolicy(): PlainHttpPolicy {
  return {
    name: 'plainHttpPolicy',
    sendRequest(request, next) {
      request.url = request.url.replace(/^https:/, 'http:');
      request.allowInsecureConnection = true;
      return next(request);
    },
  };
}
