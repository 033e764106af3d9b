#define _GNU_SOURCE
#include "http.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

void die(const char *what) {
  fprintf(stderr, "load: %s: %s\n", what, strerror(errno));
  exit(1);
}

double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec + t.tv_nsec / 1e9;
}

int dial(const struct target *target) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(target->port)};
  if (inet_pton(AF_INET, target->host, &address.sin_addr) != 1) die("address");
  int s = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;
  if (s < 0 || connect(s, (struct sockaddr *)&address, sizeof address) != 0) die("connect");
  setsockopt(s, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return s;
}

void send_all(int s, struct iovec *parts, int count) {
  while (count > 0) {
    ssize_t sent = writev(s, parts, count);
    if (sent <= 0) die("send");
    while (count > 0 && (size_t)sent >= parts->iov_len) {
      sent -= parts->iov_len;
      parts++;
      count--;
    }
    if (count > 0) {
      parts->iov_base = (char *)parts->iov_base + sent;
      parts->iov_len -= sent;
    }
  }
}

// The path of a Location, which may be a whole URL.
static void copy_path(const char *field, char *path) {
  field += strspn(field, " ");
  size_t size = strcspn(field, "\r\n");
  const char *scheme = memmem(field, size, "://", 3);
  if (scheme != NULL) {
    const char *start = memchr(scheme + 3, '/', size - (scheme + 3 - field));
    if (start == NULL) die("a location without a path");
    size -= start - field;
    field = start;
  }
  if (size >= HEAD / 2) die("a location that long");
  memcpy(path, field, size);
  path[size] = 0;
}

int answer(int s, int is_head, char *location, size_t *fetched) {
  // Large enough that a layer takes few calls: the client's cost is not what is measured.
  static _Thread_local char buffer[256 << 10];
  size_t have = 0;
  char *end = NULL;
  while (end == NULL) {
    if (have == sizeof buffer - 1) die("an answer's head that long");
    ssize_t got = recv(s, buffer + have, sizeof buffer - 1 - have, 0);
    if (got <= 0) die("receive");
    have += got;
    buffer[have] = 0;
    end = strstr(buffer, "\r\n\r\n");
  }
  *end = 0;
  size_t body = have - (end + 4 - buffer);
  int status = strncmp(buffer, "HTTP/1.1 ", 9) == 0 ? atoi(buffer + 9) : 0;
  const char *field = strcasestr(buffer, "\r\nlocation:");
  if (location != NULL && field != NULL) copy_path(field + 11, location);
  const char *length = strcasestr(buffer, "\r\ncontent-length:");
  size_t expected = length != NULL && !is_head ? strtoul(length + 17, NULL, 10) : 0;
  while (body < expected) {
    size_t want = expected - body < sizeof buffer ? expected - body : sizeof buffer;
    ssize_t got = recv(s, buffer, want, 0);
    if (got <= 0) die("receive a body");
    body += got;
  }
  if (fetched != NULL) *fetched = expected;
  return status;
}

int exchange(int s, const struct target *target, const char *method, const char *path, const char *fields, struct iovec *body, int parts,
             char *location, size_t *fetched) {
  char head[HEAD];
  struct iovec all[4] = {{head, 0}};
  size_t size = 0;
  if (parts > 3) die("too many parts");
  for (int i = 0; i < parts; i++) {
    all[i + 1] = body[i];
    size += body[i].iov_len;
  }
  int has_body = strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0;
  int count = snprintf(head, sizeof head, "%s %s HTTP/1.1\r\nHost: %s:%d\r\n%s", method, path, target->host, target->port, fields);
  if (has_body && count < HEAD) count += snprintf(head + count, sizeof head - count, "Content-Length: %zu\r\n", size);
  if (count < HEAD) count += snprintf(head + count, sizeof head - count, "\r\n");
  if (count >= HEAD) die("a request's head that long");
  all[0].iov_len = count;
  send_all(s, all, parts + 1);
  return answer(s, strcmp(method, "HEAD") == 0, location, fetched);
}
