// The smallest HTTP/1.1 client that a benchmark needs: one kept connection, blocking, bodies that have a length.
#pragma once
#include <stddef.h>
#include <sys/uio.h>

enum { HEAD = 8192 };

struct target {
  const char *host;
  int port;
};

void die(const char *what) __attribute__((noreturn));
double now(void);  // seconds, monotonic

int dial(const struct target *target);

// Sends all of it; the parts are used up.
void send_all(int s, struct iovec *parts, int count);

// Reads one answer; see `exchange`.
int answer(int s, int is_head, char *location, size_t *fetched);

// Sends one request and reads its answer; `location`, where given, has room for HEAD / 2 bytes and gets the path of the answer's
// Location. `fetched` gets the number of the body's bytes. Returns the status.
int exchange(int s, const struct target *target, const char *method, const char *path, const char *fields, struct iovec *body, int parts,
             char *location, size_t *fetched);
