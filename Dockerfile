# One file for every image: docker build --build-arg APP=order-api -t orderflow/order-api .
# APP is order-api, order-worker, billing-worker, analytics-worker, payment-gateway or cli (the cli image also runs
# migrations and the embedded broker).
ARG NODE_IMAGE=node:24-bookworm-slim

# Dependencies change less often than code: this layer is rebuilt only when a package.json or the lock file changes.
FROM ${NODE_IMAGE} AS dependencies
WORKDIR /source
COPY package.json package-lock.json ./
COPY apps/analytics-worker/package.json apps/analytics-worker/
COPY apps/billing-worker/package.json apps/billing-worker/
COPY apps/cli/package.json apps/cli/
COPY apps/order-api/package.json apps/order-api/
COPY apps/order-worker/package.json apps/order-worker/
COPY apps/payment-gateway/package.json apps/payment-gateway/
COPY infra/package.json infra/
COPY libs/contracts/package.json libs/contracts/
COPY libs/local-postgres/package.json libs/local-postgres/
COPY libs/messaging/package.json libs/messaging/
COPY libs/service-kit/package.json libs/service-kit/
COPY libs/servicebus-emulator/package.json libs/servicebus-emulator/
RUN npm ci --ignore-scripts --no-audit --no-fund

# The bundle holds everything the app needs; no node_modules go into the image.
FROM dependencies AS build
COPY . .
ARG APP
RUN test -n "$APP" || { echo "Say which app: --build-arg APP=order-api" >&2; exit 1; }
RUN cd "apps/$APP" && npx rolldown -c rolldown.config.mjs \
 && mkdir -p /image && cp -r dist/. /image/ \
 && mkdir -p /image/migrations \
 && if [ "$APP" = cli ]; then for app in ../*/migrations; do mkdir -p "/image/migrations/$(basename "$(dirname "$app")")" && cp "$app"/*.sql "/image/migrations/$(basename "$(dirname "$app")")/"; done; fi

FROM ${NODE_IMAGE}
ARG APP
LABEL org.opencontainers.image.title="orderflow/$APP" \
      org.opencontainers.image.licenses="MIT"
ENV NODE_ENV=production HOST=0.0.0.0
WORKDIR /app
COPY --from=build --chown=root:root /image ./
COPY --chown=root:root infra/images/healthcheck.mjs ./
USER node
HEALTHCHECK --interval=5s --timeout=3s --start-period=20s CMD ["node", "healthcheck.mjs"]
# The app itself is PID 1: it handles SIGTERM by draining what is in flight.
ENTRYPOINT ["node", "--enable-source-maps", "main.mjs"]
