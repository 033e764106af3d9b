# The hub in a container: docker build -t signalbox . && docker run -p 127.0.0.1:5000:5000 -v signalbox:/data signalbox
FROM swift:6.3-bookworm AS build
RUN apt-get update && apt-get install -y --no-install-recommends libssl-dev pkg-config && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY Package.swift ./
COPY Sources Sources
# The tests are part of the package's description, but not of the image.
COPY Tests Tests
RUN swift build -c release --static-swift-stdlib --product signalbox \
    && install -Ds "$(swift build -c release --static-swift-stdlib --show-bin-path)/signalbox" /out/signalbox

FROM debian:bookworm-slim
RUN apt-get update && apt-get install -y --no-install-recommends libssl3 ca-certificates tzdata && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --home-dir /data --shell /usr/sbin/nologin signalbox \
    && install -d -o signalbox -g signalbox -m 0700 /data
COPY --from=build /out/signalbox /usr/local/bin/signalbox
USER signalbox
VOLUME /data
EXPOSE 5000
# A full or broken disk makes the hub read-only, and unhealthy with it.
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s \
    CMD ["bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/5000 && printf 'GET /readyz HTTP/1.1\\r\\nHost: localhost\\r\\nConnection: close\\r\\n\\r\\n' >&3 && grep -q '^HTTP/1.1 200 ' <&3"]
ENTRYPOINT ["signalbox"]
# A container's port is reached from outside it, so the hub must be told that anonymous access is meant.
# Publish the port on loopback only, or set up access.
CMD ["serve", "--listen", "0.0.0.0:5000", "--data", "/data", "--allow-anonymous"]
