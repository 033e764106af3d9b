#include "image.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MANIFEST "application/vnd.oci.image.manifest.v1+json"

const char image_manifest_type[] = MANIFEST;

static unsigned char *prefix;
static size_t prefix_size;
static EVP_MD_CTX *prefix_hash;

void images_prepare(size_t layer_size) {
  prefix_size = layer_size - sizeof((struct image *)0)->tail;
  prefix = malloc(prefix_size);
  if (prefix == NULL) die("memory");
  srand(1);
  for (size_t i = 0; i < prefix_size; i++) prefix[i] = rand();
  prefix_hash = EVP_MD_CTX_new();
  EVP_DigestInit_ex(prefix_hash, EVP_sha256(), NULL);
  EVP_DigestUpdate(prefix_hash, prefix, prefix_size);
}

static void hex(const unsigned char *bytes, char *text) {
  for (int i = 0; i < 32; i++) sprintf(text + 2 * i, "%02x", bytes[i]);
}

void image_make(struct image *image, unsigned long long serial) {
  unsigned char hash[32];
  memset(image->tail, 0, sizeof image->tail);
  memcpy(image->tail, &serial, sizeof serial);
  image->size = prefix_size + sizeof image->tail;
  EVP_MD_CTX *context = EVP_MD_CTX_new();
  if (context == NULL || EVP_MD_CTX_copy_ex(context, prefix_hash) != 1) die("hash");
  EVP_DigestUpdate(context, image->tail, sizeof image->tail);
  EVP_DigestFinal_ex(context, hash, NULL);
  EVP_MD_CTX_free(context);
  hex(hash, image->layer);
  int size = snprintf(image->config, sizeof image->config,
                      "{\"architecture\":\"amd64\",\"os\":\"linux\",\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[\"sha256:%s\"]}}",
                      image->layer);
  EVP_Digest(image->config, size, hash, NULL, EVP_sha256(), NULL);
  hex(hash, image->config_digest);
  snprintf(image->manifest, sizeof image->manifest,
           "{\"schemaVersion\":2,\"mediaType\":\"" MANIFEST "\",\"config\":{\"mediaType\":"
           "\"application/vnd.oci.image.config.v1+json\",\"digest\":\"sha256:%s\",\"size\":%d},\"layers\":[{\"mediaType\":"
           "\"application/vnd.oci.image.layer.v1.tar\",\"digest\":\"sha256:%s\",\"size\":%zu}]}",
           image->config_digest, size, image->layer, image->size);
}

static int blob(int s, const struct target *target, const char *repository, const char *digest, struct iovec *body, int parts, int in_chunks) {
  char path[HEAD / 2], location[HEAD / 2] = "", last[HEAD - 512], fields[256];
  snprintf(path, sizeof path, "/v2/%s/blobs/uploads/", repository);
  int status = exchange(s, target, "POST", path, "", NULL, 0, location, NULL);
  if (status != 202) return status;
  if (in_chunks) {
    size_t size = 0;
    for (int i = 0; i < parts; i++) size += body[i].iov_len;
    snprintf(fields, sizeof fields, "Content-Type: application/octet-stream\r\nContent-Range: 0-%zu\r\n", size - 1);
    status = exchange(s, target, "PATCH", location, fields, body, parts, location, NULL);
    if (status != 202) return status;
  }
  snprintf(last, sizeof last, "%s%cdigest=sha256:%s", location, strchr(location, '?') ? '&' : '?', digest);
  return exchange(s, target, "PUT", last, "Content-Type: application/octet-stream\r\n", body, in_chunks ? 0 : parts, NULL, NULL);
}

int image_push(int s, const struct target *target, const char *repository, const char *tag, const struct image *image, int in_chunks) {
  struct iovec layer[2] = {{prefix, prefix_size}, {(void *)image->tail, sizeof image->tail}};
  struct iovec config = {(void *)image->config, strlen(image->config)};
  int status = blob(s, target, repository, image->layer, layer, 2, in_chunks);
  if (status == 201) status = blob(s, target, repository, image->config_digest, &config, 1, in_chunks);
  return status == 201 ? image_tag(s, target, repository, tag, image) : status;
}

int image_tag(int s, const struct target *target, const char *repository, const char *tag, const struct image *image) {
  char path[HEAD / 2];
  snprintf(path, sizeof path, "/v2/%s/manifests/%s", repository, tag);
  struct iovec body = {(void *)image->manifest, strlen(image->manifest)};
  return exchange(s, target, "PUT", path, "Content-Type: " MANIFEST "\r\n", &body, 1, NULL, NULL);
}

// As a client does that has nothing yet: API version, tag to digest, manifest, config and layer, each asked for and fetched.
int image_pull(int s, const struct target *target, const char *repository, const char *tag, const struct image *image) {
  char path[HEAD / 2];
  size_t fetched = 0;
  int status = exchange(s, target, "GET", "/v2/", "", NULL, 0, NULL, NULL);
  if (status != 200) return status;
  snprintf(path, sizeof path, "/v2/%s/manifests/%s", repository, tag);
  status = exchange(s, target, "HEAD", path, "Accept: " MANIFEST "\r\n", NULL, 0, NULL, NULL);
  if (status != 200) return status;
  status = exchange(s, target, "GET", path, "Accept: " MANIFEST "\r\n", NULL, 0, NULL, NULL);
  if (status != 200) return status;
  snprintf(path, sizeof path, "/v2/%s/blobs/sha256:%s", repository, image->config_digest);
  status = exchange(s, target, "GET", path, "", NULL, 0, NULL, NULL);
  if (status != 200) return status;
  snprintf(path, sizeof path, "/v2/%s/blobs/sha256:%s", repository, image->layer);
  status = exchange(s, target, "HEAD", path, "", NULL, 0, NULL, NULL);
  if (status != 200) return status;
  status = exchange(s, target, "GET", path, "", NULL, 0, NULL, &fetched);
  return status == 200 && fetched != image->size ? 0 : status;
}
