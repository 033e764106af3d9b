// One thread for all clients: where a thread for each would be much of what is measured.
#pragma once
#include "image.h"

struct looper {
  const struct target *target;
  const char *repository;
  const struct image *image;
  int clients;
  // Names the next tag of a client; false when it is to stop.
  int (*next)(int client, char *tag, size_t size);
  // The answer of that tag: its status and when it was asked for.
  void (*ended)(int client, int status, double begin);
};

// Sets tags on an image until every client was told to stop: one request on each client's connection at a time.
void loop_tags(const struct looper *looper);
