# Two stages: a static binary in an empty image. BASE may name a local image
# with Go where no registry is reachable.
ARG BASE=golang:1.26
FROM ${BASE} AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
ARG VERSION=dev
RUN CGO_ENABLED=0 go build -trimpath -buildvcs=false -ldflags "-s -w -X main.version=${VERSION}" -o /tierwise ./cmd/tierwise \
 && mkdir -p /empty/data /empty/tmp

FROM scratch
COPY --from=build /etc/ssl/certs/ /etc/ssl/certs/
COPY --from=build /tierwise /tierwise
COPY --from=build --chown=65532:65532 /empty/data /data
COPY --from=build --chown=65532:65532 /empty/tmp /tmp
ENV TIERWISE_DATA_DIR=/data
USER 65532:65532
VOLUME /data
EXPOSE 8787 8788
ENTRYPOINT ["/tierwise"]
CMD ["serve"]
