// Images that differ in the last bytes of their one layer, so that making one costs little more than hashing these bytes.
#pragma once
#include "http.h"

struct image {
  char layer[65], config_digest[65];
  char config[512], manifest[2048];
  unsigned char tail[64];
  size_t size;  // of the layer
};

extern const char image_manifest_type[];

// Must be called once before the threads start.
void images_prepare(size_t layer_size);

// The same serial makes the same image.
void image_make(struct image *image, unsigned long long serial);

// Each returns the status of the first answer that is not the expected one, or the last.
int image_push(int s, const struct target *target, const char *repository, const char *tag, const struct image *image, int in_chunks);
int image_tag(int s, const struct target *target, const char *repository, const char *tag, const struct image *image);
int image_pull(int s, const struct target *target, const char *repository, const char *tag, const struct image *image);
