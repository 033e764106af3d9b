// A load for registries that costs little itself: one thread and one kept connection for each client, layers hashed from a shared
// prefix. Compiled by Benchmarks/run.
//
//   load push HOST PORT CLIENTS SECONDS REPOSITORY   pushes fresh images: a layer of 1 MiB, a config, a manifest; 5 requests
//   load tag  HOST PORT CLIENTS SECONDS REPOSITORY   sets new tags on the image that "load seed" pushed; 1 request
//   load seed HOST PORT 1 0 REPOSITORY               pushes one image as the tag "seed", and prints the digest of its layer
//
// Prints one line of JSON: operations, errors, seconds, and the median and 99th percentile of an operation's time in microseconds.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <openssl/evp.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

enum { LAYER = 1 << 20, TAIL = 64, HEAD = 8192, SAMPLES = 1 << 20 };

static const char *host, *repository;
static int port;
static double seconds;
static unsigned char prefix[LAYER - TAIL];
static EVP_MD_CTX *prefix_hash;
static unsigned long long run_number;

struct client {
  pthread_t thread;
  int number, socket, is_tag;
  long operations, errors;
  float *times;  // microseconds
};

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec + t.tv_nsec / 1e9;
}

static void die(const char *what) {
  fprintf(stderr, "load: %s: %s\n", what, strerror(errno));
  exit(1);
}

static int dial(void) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
  if (inet_pton(AF_INET, host, &address.sin_addr) != 1) die("address");
  int s = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;
  if (s < 0 || connect(s, (struct sockaddr *)&address, sizeof address) != 0) die("connect");
  setsockopt(s, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return s;
}

static void send_all(int s, struct iovec *parts, int count) {
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

// Reads one response whose body has a length; copies its Location; returns the status.
static int response(int s, char *location) {
  char buffer[65536];
  size_t have = 0;
  char *end = NULL;
  while (end == NULL) {
    if (have == sizeof buffer - 1) die("a response head that long");
    ssize_t got = recv(s, buffer + have, sizeof buffer - 1 - have, 0);
    if (got <= 0) die("receive");
    have += got;
    buffer[have] = 0;
    end = strstr(buffer, "\r\n\r\n");
  }
  *end = 0;
  size_t body = have - (end + 4 - buffer);
  char *length = strcasestr(buffer, "\r\ncontent-length:");
  size_t expected = length ? strtoul(length + 17, NULL, 10) : 0;
  while (body < expected) {
    char rest[4096];
    size_t want = expected - body < sizeof rest ? expected - body : sizeof rest;
    ssize_t got = recv(s, rest, want, 0);
    if (got <= 0) die("receive a body");
    body += got;
  }
  char *field = strcasestr(buffer, "\r\nlocation:");
  if (location != NULL && field != NULL) {
    field += 11;
    field += strspn(field, " ");
    size_t size = strcspn(field, "\r\n");
    char *path = memmem(field, size, "://", 3);
    if (path != NULL) {
      path = memchr(path + 3, '/', size - (path + 3 - field));
      size -= path - field;
      field = path;
    }
    if (size >= HEAD / 2) die("a location that long");
    memcpy(location, field, size);
    location[size] = 0;
  }
  return strncmp(buffer, "HTTP/1.1 ", 9) == 0 ? atoi(buffer + 9) : 0;
}

static int request(int s, const char *method, const char *target, const char *type, struct iovec *body, int parts, char *location) {
  char head[HEAD];
  struct iovec all[4] = {{head, 0}};
  size_t size = 0;
  for (int i = 0; i < parts; i++) {
    all[i + 1] = body[i];
    size += body[i].iov_len;
  }
  all[0].iov_len = snprintf(head, sizeof head, "%s %s HTTP/1.1\r\nHost: %s:%d\r\nContent-Type: %s\r\nContent-Length: %zu\r\n\r\n",
                            method, target, host, port, type, size);
  send_all(s, all, parts + 1);
  return response(s, location);
}

static void hex(const unsigned char *bytes, char *text) {
  for (int i = 0; i < 32; i++) sprintf(text + 2 * i, "%02x", bytes[i]);
}

static void digest_of(const void *bytes, size_t size, char *text) {
  unsigned char hash[32];
  EVP_Digest(bytes, size, hash, NULL, EVP_sha256(), NULL);
  hex(hash, text);
}

static int upload(int s, const char *digest, struct iovec *body, int parts) {
  char target[HEAD / 2], location[HEAD / 2] = "", final[HEAD];
  snprintf(target, sizeof target, "/v2/%s/blobs/uploads/", repository);
  int status = request(s, "POST", target, "application/octet-stream", NULL, 0, location);
  if (status != 202) return status;
  snprintf(final, sizeof final, "%s%cdigest=sha256:%s", location, strchr(location, '?') ? '&' : '?', digest);
  return request(s, "PUT", final, "application/octet-stream", body, parts, NULL);
}

static int put_manifest(int s, const char *tag, char *manifest) {
  char target[HEAD / 2];
  snprintf(target, sizeof target, "/v2/%s/manifests/%s", repository, tag);
  struct iovec body = {manifest, strlen(manifest)};
  return request(s, "PUT", target, "application/vnd.oci.image.manifest.v1+json", &body, 1, NULL);
}

// Makes and pushes one image; the same serial makes the same image. With no socket it only fills in the manifest.
static int push(int s, unsigned long long serial, const char *tag, char *manifest, size_t capacity, char *layer_digest) {
  unsigned char tail[TAIL] = {0}, hash[32];
  memcpy(tail, &serial, sizeof serial);
  EVP_MD_CTX *context = EVP_MD_CTX_new();
  if (context == NULL || EVP_MD_CTX_copy_ex(context, prefix_hash) != 1) die("hash");
  EVP_DigestUpdate(context, tail, TAIL);
  EVP_DigestFinal_ex(context, hash, NULL);
  EVP_MD_CTX_free(context);
  hex(hash, layer_digest);

  char config[512], config_digest[65];
  int config_size = snprintf(config, sizeof config,
                             "{\"architecture\":\"amd64\",\"os\":\"linux\",\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[\"sha256:%s\"]}}",
                             layer_digest);
  digest_of(config, config_size, config_digest);
  snprintf(manifest, capacity,
           "{\"schemaVersion\":2,\"mediaType\":\"application/vnd.oci.image.manifest.v1+json\",\"config\":{\"mediaType\":"
           "\"application/vnd.oci.image.config.v1+json\",\"digest\":\"sha256:%s\",\"size\":%d},\"layers\":[{\"mediaType\":"
           "\"application/vnd.oci.image.layer.v1.tar\",\"digest\":\"sha256:%s\",\"size\":%d}]}",
           config_digest, config_size, layer_digest, LAYER);
  if (s < 0) return 201;
  struct iovec layer[2] = {{prefix, sizeof prefix}, {tail, TAIL}}, config_body = {config, config_size};
  int status = upload(s, layer_digest, layer, 2);
  if (status == 201) status = upload(s, config_digest, &config_body, 1);
  return status == 201 ? put_manifest(s, tag, manifest) : status;
}

static void *work(void *argument) {
  struct client *client = argument;
  char manifest[2048], digest[65], tag[64];
  if (client->is_tag) push(-1, 0, "", manifest, sizeof manifest, digest);
  double end = now() + seconds;
  for (long i = 0;; i++) {
    double begin = now();
    if (begin >= end) return NULL;
    snprintf(tag, sizeof tag, "t%llx-%d-%ld", run_number, client->number, i);
    unsigned long long serial = run_number * 1000003 + ((unsigned long long)(client->number + 1) << 40) + i;
    int status = client->is_tag ? put_manifest(client->socket, tag, manifest)
                                : push(client->socket, serial, tag, manifest, sizeof manifest, digest);
    if (status != 201) {
      client->errors++;
      continue;
    }
    if (client->operations < SAMPLES) client->times[client->operations] = (now() - begin) * 1e6;
    client->operations++;
  }
}

static int by_time(const void *a, const void *b) {
  float x = *(const float *)a, y = *(const float *)b;
  return (x > y) - (x < y);
}

int main(int count, char **arguments) {
  if (count != 7) {
    fprintf(stderr, "usage: load push|tag|seed HOST PORT CLIENTS SECONDS REPOSITORY\n");
    return 2;
  }
  host = arguments[2];
  port = atoi(arguments[3]);
  int clients = atoi(arguments[4]);
  seconds = atof(arguments[5]);
  repository = arguments[6];
  struct timespec t;
  clock_gettime(CLOCK_REALTIME, &t);
  run_number = (unsigned long long)t.tv_sec * 1000000 + t.tv_nsec / 1000;
  srand(1);
  for (size_t i = 0; i < sizeof prefix; i++) prefix[i] = rand();
  prefix_hash = EVP_MD_CTX_new();
  EVP_DigestInit_ex(prefix_hash, EVP_sha256(), NULL);
  EVP_DigestUpdate(prefix_hash, prefix, sizeof prefix);

  if (strcmp(arguments[1], "seed") == 0) {
    char manifest[2048], digest[65];
    int status = push(dial(), 0, "seed", manifest, sizeof manifest, digest);
    if (status != 201) {
      fprintf(stderr, "load: the seed was answered with %d\n", status);
      return 1;
    }
    puts(digest);
    return 0;
  }

  struct client *all = calloc(clients, sizeof *all);
  if (all == NULL) die("memory");
  double begin = now();
  for (int i = 0; i < clients; i++) {
    all[i].number = i;
    all[i].is_tag = strcmp(arguments[1], "tag") == 0;
    all[i].socket = dial();
    all[i].times = malloc(SAMPLES * sizeof(float));
    if (all[i].times == NULL || pthread_create(&all[i].thread, NULL, work, &all[i]) != 0) die("thread");
  }
  long operations = 0, errors = 0, samples = 0;
  float *times = malloc((size_t)clients * SAMPLES * sizeof(float));
  if (times == NULL) die("memory");
  for (int i = 0; i < clients; i++) {
    pthread_join(all[i].thread, NULL);
    long kept = all[i].operations < SAMPLES ? all[i].operations : SAMPLES;
    memcpy(times + samples, all[i].times, kept * sizeof(float));
    samples += kept;
    operations += all[i].operations;
    errors += all[i].errors;
  }
  double took = now() - begin;
  qsort(times, samples, sizeof(float), by_time);
  printf("{\"operations\": %ld, \"errors\": %ld, \"seconds\": %.3f, \"p50\": %.0f, \"p99\": %.0f}\n", operations, errors, took,
         samples ? times[samples / 2] : 0.0, samples ? times[samples * 99 / 100] : 0.0);
  return errors > 0;
}
