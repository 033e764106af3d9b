#define _GNU_SOURCE
#include "loop.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

enum { EVENTS = 256, ANSWER = 4096 };

struct connection {
  int socket;
  double begin;
  size_t have;     // bytes of the head
  size_t missing;  // bytes of the body that are still to come, once the head is there
  int status;      // 0 until the head is there
  char head[ANSWER];
};

// What follows the tag is the same for all requests.
static char rest[HEAD], request[HEAD + 1024];
static size_t rest_size;

static int ask(const struct looper *looper, int client, struct connection *connection) {
  char tag[64];
  if (!looper->next(client, tag, sizeof tag)) return 0;
  connection->begin = now();
  connection->have = connection->missing = 0;
  connection->status = 0;
  int size = snprintf(request, 1024, "PUT /v2/%s/manifests/%s", looper->repository, tag);
  if (size < 0 || size >= 1024) die("a path that long");
  memcpy(request + size, rest, rest_size);
  size_t whole = size + rest_size;
  // One request fits the socket's buffer, which is empty: the answer to the one before has come.
  if (send(connection->socket, request, whole, MSG_NOSIGNAL) != (ssize_t)whole) die("send");
  return 1;
}

// The end of the head, and with it how much body is to come.
static void read_head(struct connection *connection) {
  connection->head[connection->have] = 0;
  char *end = strstr(connection->head, "\r\n\r\n");
  if (end == NULL) {
    if (connection->have == ANSWER - 1) die("an answer's head that long");
    return;
  }
  size_t body = connection->have - (end + 4 - connection->head);
  *end = 0;
  connection->status = strncmp(connection->head, "HTTP/1.1 ", 9) == 0 ? atoi(connection->head + 9) : -1;
  const char *length = strcasestr(connection->head, "\r\ncontent-length:");
  size_t expected = length != NULL ? strtoul(length + 17, NULL, 10) : 0;
  if (body > expected) die("more than an answer");
  connection->missing = expected - body;
}

// True when the answer is whole.
static int take(struct connection *connection) {
  char discarded[ANSWER];
  int is_body = connection->status != 0;
  size_t room = is_body ? (connection->missing < ANSWER ? connection->missing : ANSWER) : ANSWER - 1 - connection->have;
  ssize_t got = recv(connection->socket, is_body ? discarded : connection->head + connection->have, room, MSG_DONTWAIT);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return 0;
  if (got <= 0) die("receive");
  if (is_body) {
    connection->missing -= got;
  } else {
    connection->have += got;
    read_head(connection);
  }
  return connection->status != 0 && connection->missing == 0;
}

static void prepare(const struct looper *looper) {
  int size = snprintf(rest, sizeof rest, " HTTP/1.1\r\nHost: %s:%d\r\nContent-Type: %s\r\nContent-Length: %zu\r\n\r\n%s", looper->target->host,
                      looper->target->port, image_manifest_type, strlen(looper->image->manifest), looper->image->manifest);
  if (size < 0 || size >= (int)sizeof rest) die("a request that long");
  rest_size = size;
}

void loop_tags(const struct looper *looper) {
  struct connection *all = calloc(looper->clients, sizeof *all);
  int poll = epoll_create1(EPOLL_CLOEXEC), running = 0;
  if (all == NULL || poll < 0) die("a loop");
  prepare(looper);
  for (int client = 0; client < looper->clients; client++) {
    struct epoll_event event = {.events = EPOLLIN, .data.u32 = client};
    all[client].socket = dial(looper->target);
    if (epoll_ctl(poll, EPOLL_CTL_ADD, all[client].socket, &event) != 0) die("epoll");
    running += ask(looper, client, &all[client]);
  }
  while (running > 0) {
    struct epoll_event events[EVENTS];
    int count = epoll_wait(poll, events, EVENTS, -1);
    if (count < 0 && errno != EINTR) die("epoll");
    for (int i = 0; i < count; i++) {
      int client = events[i].data.u32;
      if (!take(&all[client])) continue;
      looper->ended(client, all[client].status, all[client].begin);
      running -= !ask(looper, client, &all[client]);
    }
  }
  free(all);
}
