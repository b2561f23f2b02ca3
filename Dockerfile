# belfry as a container: `docker build -t belfry .`, or see deploy/compose.yaml and deploy/kubernetes.
FROM node:20.20.2-bookworm-slim AS build
WORKDIR /build
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts
COPY tsconfig.json tsconfig.build.json ./
COPY src src
RUN npm run build && chmod 755 dist/cli/main.js && npm prune --omit=dev --ignore-scripts

FROM node:20.20.2-bookworm-slim
ENV NODE_ENV=production
WORKDIR /opt/belfry
COPY --from=build /build/package.json ./
COPY --from=build /build/node_modules node_modules
COPY --from=build /build/dist dist
COPY LICENSE ./
COPY schemas schemas
RUN ln -s /opt/belfry/dist/cli/main.js /usr/local/bin/belfry
# The tree is mounted here: schedules and calendars. Nothing is ever written, so the file system may be read-only.
WORKDIR /srv/belfry
# By number, so that Kubernetes can see that it is not root.
USER 10001:10001
STOPSIGNAL SIGTERM
ENTRYPOINT ["belfry"]
CMD ["serve"]
# Somebody leads and the newest tree is applied: what an operator wants to see, and no reason to restart anything.
HEALTHCHECK --interval=30s --timeout=10s --start-period=30s --retries=3 CMD ["belfry", "status", "--limit", "1"]
