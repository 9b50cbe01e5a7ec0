# syntax=docker/dockerfile:1
# 导购侧边栏：构建网页和服务器，只带上运行时的依赖，以普通用户运行；根文件系统可以只读，只写 /data 和 /tmp。
# 数据库另外提供（DATABASE_URL）：镜像里不带自带的 PostgreSQL，见 compose.yaml。

FROM node:24-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY tsconfig.json vite.config.ts ./
COPY scripts scripts
COPY shared shared
COPY web web
COPY server server
RUN npm run build

FROM node:24-slim AS dependencies
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --omit=dev --omit=optional --ignore-scripts --no-audit --no-fund

FROM node:24-slim
ENV NODE_ENV=production HOST=0.0.0.0 PORT=8787 DATA_DIR=/data
WORKDIR /app
COPY --from=dependencies /app/node_modules node_modules
COPY package.json package-lock.json ./
COPY shared shared
COPY server server
COPY --from=build /app/web/dist web/dist
COPY --from=build /app/server/dist server/dist
RUN install -d -o node -g node /data
USER node
VOLUME /data
EXPOSE 8787
HEALTHCHECK --interval=15s --timeout=5s --start-period=20s \
  CMD ["node", "-e", "fetch('http://127.0.0.1:' + process.env.PORT + '/readyz').then(answer => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "--max-semi-space-size=8", "--max-old-space-size=768", "server/start.js"]
