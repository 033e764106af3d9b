// A load for registries that costs little itself: one kept connection for each client and a thread for each, or for `tag` without a rate
// one for all, which costs half as much; layers hashed from a shared prefix. Compiled by Benchmarks/run.
//
//   load JOB HOST PORT REPOSITORY [clients=8] [seconds=5 | count=N] [size=1048576] [spread] [series=N] [rate=N] [log=FILE]
//
//   seed     pushes one image as the tag "seed" and prints the digest of its layer
//   push     pushes fresh images: layer, config, manifest; 5 requests
//   chunks   the same with PATCH: 7 requests
//   tag      sets new tags on the image that "seed" pushed; 1 request
//   pull     pulls the image that "seed" pushed; 6 requests
//   layer    pushes one layer of `size` bytes in one request, hashed before
//   fetch    pulls the layer with the digest `digest=sha256:...`
//   hold     opens `clients` connections, asks one thing on each, says "holding", and keeps them until its input ends
//
// `spread` gives each operation of `push` a repository of its own. With `count` the load ends after so many operations in all;
// `series` prints the rate in so many equal parts of them. With `rate` operations begin at fixed times, so many a second in all, or as soon
// after as a client is free; `log` gets a line for each: its tag and the monotonic time of its answer. The answer is one line of JSON: operations, errors, seconds, and the median
// and 99th percentile of an operation's time in microseconds.
#include "image.h"
#include "layer.h"
#include "loop.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { SAMPLES = 1 << 20 };
enum job { SEED, PUSH, CHUNKS, TAG, PULL, HOLD, LAYER, FETCH };
static const char *jobs[] = {"seed", "push", "chunks", "tag", "pull", "hold", "layer", "fetch"};

static struct target target;
static const char *repository;
static enum job job;
static int spread, parts, client_count;
static double finish, start, rate;
static const char *log_path, *digest = "";
static long limit;
static atomic_long taken, done;
static double *marks;  // when each part was done
static unsigned long long run_number;
static struct image seed;

struct client {
  pthread_t thread;
  int number, socket;
  long operations, errors;
  float *times;  // microseconds
  double *ends;  // of each, where there is a log
};

static void tag_of(char *tag, size_t size, int client, long i) {
  snprintf(tag, size, "t%llx-%d-%ld", run_number, client, i);
}

static void sleep_until(double time) {
  struct timespec t = {.tv_sec = (time_t)time, .tv_nsec = (long)((time - (time_t)time) * 1e9)};
  while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL) == EINTR) continue;
}

static int operate(struct client *client, long i) {
  char tag[64], name[512];
  tag_of(tag, sizeof tag, client->number, i);
  if (job == TAG) return image_tag(client->socket, &target, repository, tag, &seed);
  if (job == PULL) return image_pull(client->socket, &target, repository, "seed", &seed) == 200 ? 201 : 0;
  struct image image;
  image_make(&image, run_number * 1000003 + ((unsigned long long)(client->number + 1) << 40) + i);
  snprintf(name, sizeof name, spread ? "%s/r%d-%ld" : "%s", repository, client->number, i);
  return image_push(client->socket, &target, name, tag, &image, job == CHUNKS);
}

// Whether one more operation is to begin.
static int is_open(double begin) {
  return limit > 0 ? atomic_fetch_add(&taken, 1) < limit : begin < finish;
}

static void note(struct client *client, int status, double begin) {
  double end = now();
  long i = client->operations + client->errors;
  if (parts > 0) {
    long number = atomic_fetch_add(&done, 1) + 1;
    if (number * parts / limit > (number - 1) * parts / limit) marks[number * parts / limit - 1] = end;
  }
  if (client->ends != NULL && i < SAMPLES) client->ends[i] = status == 201 ? end : 0;
  if (status != 201) {
    client->errors++;
    return;
  }
  if (client->operations < SAMPLES) client->times[client->operations] = (end - begin) * 1e6;
  client->operations++;
}

static void *work(void *argument) {
  struct client *client = argument;
  for (long i = 0;; i++) {
    if (rate > 0) sleep_until(start + (client->number + (double)i * client_count) / rate);
    double begin = now();
    if (!is_open(begin)) return NULL;
    note(client, operate(client, i), begin);
  }
}

static struct client *clients_of_loop;

static int next_tag(int number, char *tag, size_t size) {
  const struct client *client = &clients_of_loop[number];
  if (!is_open(now())) return 0;
  tag_of(tag, size, number, client->operations + client->errors);
  return 1;
}

static void tag_ended(int number, int status, double begin) {
  note(&clients_of_loop[number], status, begin);
}

// With a thread for each client, which has a connection already.
static void run_threads(struct client *all, int clients) {
  for (int i = 0; i < clients; i++) {
    if (pthread_create(&all[i].thread, NULL, work, &all[i]) != 0) die("thread");
  }
  for (int i = 0; i < clients; i++) pthread_join(all[i].thread, NULL);
}

static int by_time(const void *a, const void *b) {
  float x = *(const float *)a, y = *(const float *)b;
  return (x > y) - (x < y);
}

static int hold(int clients) {
  int *sockets = calloc(clients, sizeof *sockets);
  if (sockets == NULL) die("memory");
  for (int i = 0; i < clients; i++) {
    sockets[i] = dial(&target);
    if (exchange(sockets[i], &target, "GET", "/v2/", "", NULL, 0, NULL, NULL) != 200) die("the answer is not 200");
  }
  puts("holding");
  fflush(stdout);
  char byte;
  while (read(0, &byte, 1) > 0) continue;
  return 0;
}

static void write_log(const struct client *all, int clients) {
  FILE *file = fopen(log_path, "w");
  if (file == NULL) die(log_path);
  for (int c = 0; c < clients; c++) {
    for (long i = 0; i < SAMPLES && i < all[c].operations + all[c].errors; i++) {
      char tag[64];
      tag_of(tag, sizeof tag, c, i);
      if (all[c].ends[i] > 0) fprintf(file, "%s %.6f\n", tag, all[c].ends[i]);
    }
  }
  if (fclose(file) != 0) die(log_path);
}

static int run(int clients, double seconds) {
  client_count = clients;
  struct client *all = calloc(clients, sizeof *all);
  float *times = malloc((size_t)clients * SAMPLES * sizeof(float));
  if (all == NULL || times == NULL) die("memory");
  int has_loop = job == TAG && rate == 0;
  for (int i = 0; i < clients; i++) {
    all[i] = (struct client){.number = i, .socket = has_loop ? -1 : dial(&target), .times = times + (size_t)i * SAMPLES};
    if (log_path != NULL && (all[i].ends = calloc(SAMPLES, sizeof(double))) == NULL) die("memory");
  }
  start = now();
  finish = start + seconds;
  if (has_loop) {
    clients_of_loop = all;
    loop_tags(&(struct looper){&target, repository, &seed, clients, next_tag, tag_ended});
  } else {
    run_threads(all, clients);
  }
  long operations = 0, errors = 0, samples = 0;
  for (int i = 0; i < clients; i++) {
    long kept = all[i].operations < SAMPLES ? all[i].operations : SAMPLES;
    memmove(times + samples, all[i].times, kept * sizeof(float));
    samples += kept;
    operations += all[i].operations;
    errors += all[i].errors;
  }
  double took = now() - start;
  if (log_path != NULL) write_log(all, clients);
  qsort(times, samples, sizeof(float), by_time);
  printf("{\"operations\": %ld, \"errors\": %ld, \"seconds\": %.3f, \"p50\": %.0f, \"p99\": %.0f", operations, errors, took,
         samples ? times[samples / 2] : 0.0, samples ? times[samples * 99 / 100] : 0.0);
  if (parts > 0) {
    printf(", \"rates\": [");
    double before = start;
    for (int i = 0; i < parts; i++) {
      printf("%s%.1f", i ? ", " : "", (double)limit / parts / (marks[i] - before));
      before = marks[i];
    }
    printf("]");
  }
  puts("}");
  return errors > 0;
}

int main(int count, char **arguments) {
  int clients = 8, is_known = 0;
  double seconds = 5;
  size_t size = 1 << 20;
  for (int i = 0; count > 4 && i < (int)(sizeof jobs / sizeof *jobs); i++) {
    if (strcmp(arguments[1], jobs[i]) == 0) job = i, is_known = 1;
  }
  for (int i = 5; i < count; i++) {
    if (sscanf(arguments[i], "clients=%d", &clients) == 1 || sscanf(arguments[i], "seconds=%lf", &seconds) == 1 ||
        sscanf(arguments[i], "count=%ld", &limit) == 1 || sscanf(arguments[i], "size=%zu", &size) == 1 ||
        sscanf(arguments[i], "series=%d", &parts) == 1 || sscanf(arguments[i], "rate=%lf", &rate) == 1)
      continue;
    if (strncmp(arguments[i], "log=", 4) == 0) log_path = arguments[i] + 4;
    else if (strncmp(arguments[i], "digest=", 7) == 0) digest = arguments[i] + 7;
    else
    if (strcmp(arguments[i], "spread") == 0) spread = 1;
    else is_known = 0;
  }
  if (!is_known || clients < 1 || size < 128 || (parts > 0 && limit < parts)) {
    fprintf(stderr, "usage: load %s HOST PORT REPOSITORY [clients=N] [seconds=S | count=N] [size=BYTES] [spread] [series=N] [rate=N] [log=FILE] [digest=D]\n",
            "seed|push|chunks|tag|pull|hold|layer|fetch");
    return 2;
  }
  target = (struct target){arguments[2], atoi(arguments[3])};
  repository = arguments[4];
  if (job == LAYER) return layer_push(&target, repository, size);
  if (job == FETCH) return layer_pull(&target, repository, digest);
  struct timespec t;
  clock_gettime(CLOCK_REALTIME, &t);
  run_number = (unsigned long long)t.tv_sec * 1000000 + t.tv_nsec / 1000;
  images_prepare(size);
  image_make(&seed, 0);
  marks = calloc(parts + 1, sizeof *marks);
  if (marks == NULL) die("memory");
  if (job == HOLD) return hold(clients);
  if (job != SEED) return run(clients, seconds);
  int status = image_push(dial(&target), &target, repository, "seed", &seed, 0);
  if (status != 201) {
    fprintf(stderr, "load: the seed was answered with %d\n", status);
    return 1;
  }
  puts(seed.layer);
  return 0;
}
