# The plain worker of examples/worker-plain-nats; its context is that folder.
FROM node:20.20.2-bookworm-slim
WORKDIR /opt/worker
COPY package.json ./
RUN npm install --omit=dev --ignore-scripts --no-audit --no-fund
COPY worker.mjs ./
USER 10001:10001
STOPSIGNAL SIGTERM
ENTRYPOINT ["node", "worker.mjs"]
CMD ["housekeeping"]
