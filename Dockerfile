# One file for every image. An app takes an argument, the command and the broker are targets:
#   docker build --build-arg APP=order-api -t orderflow/order-api .      (order-worker, billing-worker, …)
#   docker build --target cli -t orderflow/cli .                         `orderflow`, with every app's migrations
#   docker build --target broker -t orderflow/broker .                   the embedded broker; it is the cli image, set up
#
# The tag is an exact version; infra/images/images.spec.ts keeps it equal to the Node.js of package.json. A digest is the
# stricter pin:  docker buildx imagetools inspect node:24.21.0-bookworm-slim --format '{{.Manifest.Digest}}'
# and then      --build-arg NODE_IMAGE=node:24.21.0-bookworm-slim@sha256:…
ARG NODE_IMAGE=node:24.21.0-bookworm-slim

# Every package.json of the workspace, in its place. BuildKit compares what is copied out of here by content, so the
# next stage is built again only when one of them or the lock file changes.
FROM ${NODE_IMAGE} AS manifests
WORKDIR /source
COPY . .
RUN mkdir /manifests && find . -name package.json -exec cp --parents {} /manifests \; && cp package-lock.json /manifests

FROM ${NODE_IMAGE} AS dependencies
WORKDIR /source
COPY --from=manifests /manifests ./
RUN npm ci --ignore-scripts --no-audit --no-fund

# All bundles at once, so that the second image finds this stage in the cache. Each holds everything its app needs.
FROM dependencies AS build
COPY rolldown.preset.mjs tsconfig.base.json ./
COPY libs libs
COPY apps apps
RUN for app in apps/*; do \
      (cd "$app" && npx rolldown -c rolldown.config.mjs && mkdir -p "/images/$(basename "$app")" && cp -r dist/. "/images/$(basename "$app")") || exit 1; \
    done \
 && for folder in apps/*/migrations; do \
      app=$(basename "$(dirname "$folder")") && mkdir -p "/images/cli/migrations/$app" && cp "$folder"/*.sql "/images/cli/migrations/$app" || exit 1; \
    done

# Nothing but Node.js: no package manager, no node_modules. /data is for what is mounted there.
FROM ${NODE_IMAGE} AS runtime
RUN rm -rf /usr/local/lib/node_modules /usr/local/bin/npm /usr/local/bin/npx /usr/local/bin/corepack /usr/local/bin/yarn* /opt/yarn* \
 && install -d -o node -g node /data
ENV NODE_ENV=production
WORKDIR /app
# By number: Kubernetes' runAsNonRoot cannot check a name.
USER 1000:1000

FROM runtime AS cli
COPY infra/images/orderflow.sh /usr/local/bin/orderflow
COPY --from=build /images/cli ./
# What there is to be on a broker.
COPY infra/servicebus/Config.json infra/servicebus/Config.ordered.json infra/servicebus/
# The shell that it starts with is replaced by Node.js, which so becomes PID 1.
ENTRYPOINT ["orderflow"]
ARG VERSION=0.0.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="orderflow/cli" \
      org.opencontainers.image.description="The orderflow command: migrations, dead letters, sending, the embedded broker" \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"

FROM cli AS broker
ENV ORDERFLOW_STATE=/data HEALTHCHECK_TCP_PORT=5672
COPY infra/images/healthcheck.mjs ./
VOLUME /data
EXPOSE 5672
HEALTHCHECK --interval=5s --timeout=10s --start-period=30s --retries=3 CMD ["node", "healthcheck.mjs"]
CMD ["broker", "--host", "0.0.0.0"]
LABEL org.opencontainers.image.title="orderflow/broker" \
      org.opencontainers.image.description="OrderFlow's embedded Service Bus broker, for laptops, tests and CI"

FROM runtime
ARG APP
RUN test -n "$APP" || { echo "Say which app: --build-arg APP=order-api (or --target cli, --target broker)" >&2; exit 1; }
COPY infra/images/healthcheck.mjs ./
COPY --from=build /images/${APP} ./
# For RabbitMQ, whose queues are made by who uses them.
COPY infra/servicebus/Config.json infra/servicebus/Config.ordered.json infra/servicebus/
ENV HOST=0.0.0.0 PORT=3000
EXPOSE 3000
HEALTHCHECK --interval=5s --timeout=10s --start-period=30s --retries=3 CMD ["node", "healthcheck.mjs"]
# The app itself is PID 1: it answers SIGTERM by finishing what is in flight.
ENTRYPOINT ["node", "--enable-source-maps", "main.mjs"]
ARG VERSION=0.0.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="orderflow/${APP}" \
      org.opencontainers.image.description="${APP} of OrderFlow, an event-driven order system on Azure Service Bus" \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
