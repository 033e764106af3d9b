// Receivers of webhooks that cost little: one thread, one epoll, any number of ports. Each POST is answered 204.
//
//   receiver PORTS      prints its ports on one line, then obeys lines on its standard input until that ends:
//
//   reset               forgets what came so far; "ok"
//   hold                answers nothing until "go"; "ok"
//   go                  answers what is open and all that comes; prints how many deliveries came so far
//   wait N [SECONDS]    until N deliveries came since "reset"; prints how many came, how many at the port with the fewest, the seconds
//                       between the first answer given (or "go") and the last delivery, and 1 if it is in time
//   log FILE            writes a line for each image's tag that came since "reset", with the monotonic time of arrival; "ok"
//
// What counts are bodies with a "tag" that begins with "t", as the tags of `load tag` do.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { TAG = 48, ANSWER = 27 };
static const char answer[] = "HTTP/1.1 204 No Content\r\n\r\n";

struct connection {
  int socket, port;      // the port's index; a listener has no buffer
  int owed;              // answers held back
  size_t have, room;
  char *buffer;
  struct connection *next;  // of all
};

struct arrival {
  char tag[TAG];
  double time;
};

static struct connection *connections;
static int ports, holding, waiting_for, epoll;
static long *counts, total;
static double begun, last, give_up;
static struct arrival *arrivals;
static long arrival_count, arrival_room;

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec + t.tv_nsec / 1e9;
}

static void die(const char *what) {
  fprintf(stderr, "receiver: %s: %s\n", what, strerror(errno));
  exit(1);
}

static void watch(struct connection *c) {
  struct epoll_event event = {.events = EPOLLIN, .data.ptr = c};
  if (epoll_ctl(epoll, EPOLL_CTL_ADD, c->socket, &event) != 0) die("epoll_ctl");
}

static void say(struct connection *c, int count) {
  // Far less than a socket's buffer holds.
  for (; count > 0; count--) {
    if (send(c->socket, answer, ANSWER, MSG_NOSIGNAL) != ANSWER) return;
  }
}

static void arrived(struct connection *c, const char *body, size_t size) {
  const char *tag = memmem(body, size, "\"tag\":", 6);
  if (tag == NULL) return;
  const char *end = body + size;
  for (tag += 6; tag < end && (*tag == ' ' || *tag == '"'); tag++) continue;
  const char *close = memchr(tag, '"', end - tag);
  if (close == NULL || tag == close || *tag != 't' || close - tag >= TAG) return;
  last = now();
  total++;
  counts[c->port]++;
  if (arrival_count == arrival_room) {
    arrival_room = arrival_room ? 2 * arrival_room : 1 << 16;
    arrivals = realloc(arrivals, arrival_room * sizeof *arrivals);
    if (arrivals == NULL) die("memory");
  }
  struct arrival *entry = &arrivals[arrival_count++];
  memcpy(entry->tag, tag, close - tag);
  entry->tag[close - tag] = 0;
  entry->time = last;
}

// Takes whole requests from the buffer's front.
static void take(struct connection *c) {
  for (;;) {
    char *end = memmem(c->buffer, c->have, "\r\n\r\n", 4);
    if (end == NULL) return;
    *end = 0;
    const char *field = strcasestr(c->buffer, "\r\ncontent-length:");
    *end = '\r';
    size_t head = end + 4 - c->buffer, size = field ? strtoul(field + 17, NULL, 10) : 0;
    if (c->have < head + size) return;
    arrived(c, c->buffer + head, size);
    c->have -= head + size;
    memmove(c->buffer, c->buffer + head + size, c->have);
    if (holding) c->owed++;
    else {
      if (begun == 0) begun = now();
      say(c, 1);
    }
  }
}

static void forget(struct connection *c) {
  for (struct connection **p = &connections; *p != NULL; p = &(*p)->next) {
    if (*p == c) {
      *p = c->next;
      break;
    }
  }
  close(c->socket);
  free(c->buffer);
  free(c);
}

static void receive(struct connection *c) {
  if (c->buffer == NULL) {
    int s = accept4(c->socket, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC), on = 1;
    if (s < 0) return;
    setsockopt(s, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    struct connection *new = calloc(1, sizeof *new);
    if (new == NULL || (new->buffer = malloc(1 << 16)) == NULL) die("memory");
    new->socket = s, new->port = c->port, new->room = 1 << 16, new->next = connections;
    connections = new;
    return watch(new);
  }
  if (c->have == c->room - 1) {
    c->room *= 2;
    if ((c->buffer = realloc(c->buffer, c->room)) == NULL) die("memory");
  }
  ssize_t count = recv(c->socket, c->buffer + c->have, c->room - 1 - c->have, 0);
  if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (count <= 0) return forget(c);
  c->have += count;
  c->buffer[c->have] = 0;
  take(c);
}

static void answer_wait(void) {
  if (waiting_for == 0 || (total < waiting_for && now() < give_up)) return;
  long least = total;
  for (int i = 0; i < ports; i++) least = counts[i] < least ? counts[i] : least;
  printf("%ld %ld %.6f %d\n", total, least, last - begun, total >= waiting_for);
  waiting_for = 0;
}

static void obey(char *line) {
  double seconds = 600;
  char path[4096];
  if (strcmp(line, "reset") == 0) {
    total = arrival_count = 0;
    begun = last = 0;
    memset(counts, 0, ports * sizeof *counts);
  } else if (strcmp(line, "hold") == 0) holding = 1;
  else if (strcmp(line, "go") == 0) {
    holding = 0;
    begun = now();
    for (struct connection *c = connections; c != NULL; c = c->next) {
      say(c, c->owed);
      c->owed = 0;
    }
    printf("%ld\n", total);
    return;
  } else if (sscanf(line, "wait %d %lf", &waiting_for, &seconds) >= 1) {
    give_up = now() + seconds;
    return answer_wait();
  } else if (sscanf(line, "log %4095s", path) == 1) {
    FILE *file = fopen(path, "w");
    if (file == NULL) die(path);
    for (long i = 0; i < arrival_count; i++) fprintf(file, "%s %.6f\n", arrivals[i].tag, arrivals[i].time);
    if (fclose(file) != 0) die(path);
  } else {
    fprintf(stderr, "receiver: what is \"%s\"?\n", line);
    exit(2);
  }
  puts("ok");
}

static void obey_input(void) {
  static char lines[8192];
  static size_t have;
  ssize_t count = read(0, lines + have, sizeof lines - 1 - have);
  if (count <= 0) exit(0);
  have += count;
  lines[have] = 0;
  char *end;
  while ((end = strchr(lines, '\n')) != NULL) {
    *end = 0;
    obey(lines);
    have -= end + 1 - lines;
    memmove(lines, end + 1, have + 1);
  }
  fflush(stdout);
}

int main(int count, char **arguments) {
  ports = count == 2 ? atoi(arguments[1]) : 0;
  if (ports < 1) {
    fprintf(stderr, "usage: receiver PORTS\n");
    return 2;
  }
  counts = calloc(ports, sizeof *counts);
  epoll = epoll_create1(EPOLL_CLOEXEC);
  if (counts == NULL || epoll < 0) die("epoll");
  for (int i = 0; i < ports; i++) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    struct connection *listener = calloc(1, sizeof *listener);
    if (listener == NULL) die("memory");
    listener->port = i;
    listener->socket = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (bind(listener->socket, (struct sockaddr *)&address, length) != 0 || listen(listener->socket, 1024) != 0 ||
        getsockname(listener->socket, (struct sockaddr *)&address, &length) != 0)
      die("listen");
    printf("%d%c", ntohs(address.sin_port), i + 1 < ports ? ' ' : '\n');
    watch(listener);
  }
  fflush(stdout);
  static struct connection input;
  watch(&input);
  struct epoll_event events[256];
  for (;;) {
    int ready = epoll_wait(epoll, events, 256, waiting_for ? 10 : -1);
    for (int i = 0; i < ready; i++) {
      if (events[i].data.ptr == &input) obey_input();
      else receive(events[i].data.ptr);
    }
    if (waiting_for) {
      answer_wait();
      fflush(stdout);
    }
  }
}
