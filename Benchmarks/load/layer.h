// One large layer, up in one PUT and down again.
#pragma once
#include "http.h"

// Pushes a layer of `size` bytes, a multiple of 1 MiB, whose every MiB is another; prints one line of JSON: its digest, and the seconds from the
// request's first byte to its answer. Returns 0 where it was answered with 201.
int layer_push(const struct target *target, const char *repository, size_t size);

// Fetches it; prints how many bytes came in how many seconds.
int layer_pull(const struct target *target, const char *repository, const char *digest);
