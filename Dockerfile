# Two images: `gateway` (the last, which `docker build .` makes) is the one
# static binary and nothing else; `sipp` is the carrier and the phone of the
# demonstration in docker-compose.yml.

FROM golang:1.26-bookworm AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
RUN CGO_ENABLED=0 go build -trimpath -ldflags=-s -o /out/ringward ./cmd/ringward
RUN mkdir -p /out/data

FROM debian:bookworm-slim AS sipp
RUN apt-get update && apt-get install -y --no-install-recommends sip-tester && rm -rf /var/lib/apt/lists/*
COPY deploy/docker/caller.xml /etc/sipp/caller.xml
USER 65532:65532
WORKDIR /tmp
ENTRYPOINT ["sipp"]

FROM scratch AS gateway
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=build /out/ringward /usr/bin/ringward
COPY --from=build --chown=65532:65532 /out/data /var/lib/ringward
COPY deploy/docker/ringward.yaml /etc/ringward/ringward.yaml
USER 65532:65532
VOLUME /var/lib/ringward
HEALTHCHECK --interval=15s --timeout=5s --start-period=10s CMD ["/usr/bin/ringward", "health", "--config", "/etc/ringward/ringward.yaml"]
ENTRYPOINT ["/usr/bin/ringward"]
CMD ["serve", "--config", "/etc/ringward/ringward.yaml"]
