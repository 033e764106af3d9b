// What this machine can do at all, so that a figure can be held against the limit behind it. Compiled by Benchmarks/run.
//
//   limits sendfile FILE      serves FILE to every GET by a bare sendfile loop, a thread for each connection; prints its port
//   limits canned             answers every GET with 200 bytes, an epoll loop in each of two threads; prints its port
//   limits sha256             bytes hashed a second, on one core
//   limits fdatasync DIR      writes of 4 KiB into zeros that were written ahead, each followed by fdatasync, a second
//   limits write DIR MIB      bytes written a second, 1 MiB after the other past the page cache, and synced
//   limits read DIR MIB       bytes read a second, the same way
//   limits sync-files DIR     files of 1 MiB written past the page cache, synced and renamed, a second; from 4 threads
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <openssl/evp.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static const double seconds = 2;
static int file;
static off_t file_size;

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec + t.tv_nsec / 1e9;
}

static void die(const char *what) {
  fprintf(stderr, "limits: %s: %s\n", what, strerror(errno));
  exit(1);
}

static int listen_anywhere(void) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t size = sizeof address;
  int s = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (s < 0 || bind(s, (struct sockaddr *)&address, size) != 0 || listen(s, 4096) != 0) die("listen");
  getsockname(s, (struct sockaddr *)&address, &size);
  printf("%d\n", ntohs(address.sin_port));
  fflush(stdout);
  return s;
}

static int accept_one(int listener) {
  int s = accept4(listener, NULL, NULL, SOCK_CLOEXEC), on = 1;
  if (s < 0) die("accept");
  setsockopt(s, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return s;
}

static void *serve_file(void *argument) {
  int s = (int)(long)argument;
  char request[4096], head[128];
  int size = snprintf(head, sizeof head, "HTTP/1.1 200 OK\r\nContent-Length: %ld\r\n\r\n", (long)file_size);
  while (recv(s, request, sizeof request, 0) > 0) {
    if (send(s, head, size, MSG_MORE | MSG_NOSIGNAL) != size) break;
    off_t offset = 0;
    while (offset < file_size && sendfile(s, file, &offset, file_size - offset) > 0) continue;
    if (offset < file_size) break;
  }
  close(s);
  return NULL;
}

static void *serve_canned(void *argument) {
  static const char answer[] =
      "HTTP/1.1 200 OK\r\nContent-Length: 160\r\n\r\n"
      "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789"
      "012345678901234567890123456789012345678901234567890123456789";
  int loop = (int)(long)argument;
  struct epoll_event events[64];
  for (;;) {
    int count = epoll_wait(loop, events, 64, -1);
    for (int i = 0; i < count; i++) {
      char request[4096];
      int s = events[i].data.fd;
      if (recv(s, request, sizeof request, 0) <= 0 || send(s, answer, sizeof answer - 1, MSG_NOSIGNAL) < 0) close(s);
    }
  }
  return NULL;
}

static void canned(void) {
  int listener = listen_anywhere(), loops[2];
  for (int i = 0; i < 2; i++) {
    pthread_t thread;
    loops[i] = epoll_create1(EPOLL_CLOEXEC);
    pthread_create(&thread, NULL, serve_canned, (void *)(long)loops[i]);
  }
  for (int next = 0;; next ^= 1) {
    int s = accept_one(listener);
    struct epoll_event event = {.events = EPOLLIN, .data.fd = s};
    epoll_ctl(loops[next], EPOLL_CTL_ADD, s, &event);
  }
}

static void sendfiles(const char *path) {
  struct stat info;
  file = open(path, O_RDONLY | O_CLOEXEC);
  if (file < 0 || fstat(file, &info) != 0) die(path);
  file_size = info.st_size;
  int listener = listen_anywhere();
  for (;;) {
    pthread_t thread;
    pthread_create(&thread, NULL, serve_file, (void *)(long)accept_one(listener));
    pthread_detach(thread);
  }
}

static int sha256(void) {
  static unsigned char bytes[256 << 10];
  unsigned char hash[32];
  EVP_MD_CTX *context = EVP_MD_CTX_new();
  EVP_DigestInit_ex(context, EVP_sha256(), NULL);
  double begin = now(), total = 0;
  while (now() - begin < seconds) {
    EVP_DigestUpdate(context, bytes, sizeof bytes);
    total += sizeof bytes;
  }
  printf("%.0f\n", total / (now() - begin));
  EVP_DigestFinal_ex(context, hash, NULL);
  return 0;
}

static int syncs(const char *folder) {
  static char zeros[4 << 20];
  char path[4096];
  snprintf(path, sizeof path, "%s/limits-sync", folder);
  int f = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (f < 0 || write(f, zeros, sizeof zeros) != sizeof zeros || fsync(f) != 0) die(path);
  double begin = now();
  long count = 0;
  while (now() - begin < seconds) {
    if (pwrite(f, zeros, 4096, count % 1024 * 4096) != 4096 || fdatasync(f) != 0) die(path);
    count++;
  }
  printf("%.0f\n", count / (now() - begin));
  unlink(path);
  return 0;
}

static int transfer(const char *folder, size_t size, int writes) {
  const size_t piece = 1 << 20;
  char path[4096], *content;
  if (posix_memalign((void **)&content, 4096, piece) != 0) die("memory");
  memset(content, 1, piece);
  snprintf(path, sizeof path, "%s/limits-transfer", folder);
  int f = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC | O_DIRECT, 0600);
  if (f < 0 && errno == EINVAL) f = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (f < 0) die(path);
  double begin = now();
  for (size_t offset = 0; offset < size; offset += piece) {
    if (pwrite(f, content, piece, offset) != (ssize_t)piece) die(path);
  }
  if (fdatasync(f) != 0) die(path);
  if (!writes) {
    begin = now();
    for (size_t offset = 0; offset < size; offset += piece) {
      if (pread(f, content, piece, offset) != (ssize_t)piece) die(path);
    }
  }
  printf("%.0f\n", size / (now() - begin));
  unlink(path);
  return 0;
}

static const char *sync_folder;

static void *write_files(void *argument) {
  int number = (int)(long)argument;
  char path[4096], final[4096], *content;
  if (posix_memalign((void **)&content, 4096, 1 << 20) != 0) die("memory");
  memset(content, 1, 1 << 20);
  double begin = now();
  long count = 0;
  while (now() - begin < seconds) {
    snprintf(path, sizeof path, "%s/limits-new-%d", sync_folder, number);
    snprintf(final, sizeof final, "%s/limits-%d-%ld", sync_folder, number, count % 64);
    int f = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_DIRECT, 0600);
    if (f < 0 && errno == EINVAL) f = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (f < 0 || write(f, content, 1 << 20) != 1 << 20 || fdatasync(f) != 0 || close(f) != 0 || rename(path, final) != 0) die(path);
    count++;
  }
  for (int i = 0; i < 64; i++) {
    snprintf(final, sizeof final, "%s/limits-%d-%d", sync_folder, number, i);
    unlink(final);
  }
  return (void *)count;
}

static int sync_files(const char *folder) {
  pthread_t threads[4];
  long count = 0;
  sync_folder = folder;
  for (long i = 0; i < 4; i++) pthread_create(&threads[i], NULL, write_files, (void *)i);
  for (int i = 0; i < 4; i++) {
    void *part;
    pthread_join(threads[i], &part);
    count += (long)part;
  }
  printf("%.0f\n", count / seconds);
  return 0;
}

int main(int count, char **arguments) {
  const char *job = count > 1 ? arguments[1] : "";
  if (count == 3 && strcmp(job, "sendfile") == 0) sendfiles(arguments[2]);
  if (count == 2 && strcmp(job, "canned") == 0) canned();
  if (count == 2 && strcmp(job, "sha256") == 0) return sha256();
  if (count == 3 && strcmp(job, "fdatasync") == 0) return syncs(arguments[2]);
  if (count == 4 && (strcmp(job, "write") == 0 || strcmp(job, "read") == 0))
    return transfer(arguments[2], strtoul(arguments[3], NULL, 10) << 20, job[0] == 'w');
  if (count == 3 && strcmp(job, "sync-files") == 0) return sync_files(arguments[2]);
  fprintf(stderr, "usage: limits sendfile FILE | canned | sha256 | fdatasync DIR | write DIR MIB | read DIR MIB | sync-files DIR\n");
  return 2;
}
