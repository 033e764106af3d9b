// What Swift's Glibc module does not show: epoll, eventfd, accept4, sendfile, and calls that are variadic or macros in C.
// Declarations and thin inline wrappers only; every policy is Swift's.
#pragma once

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdint.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>
#if defined(__aarch64__)
#include <sys/auxv.h>
#endif

// glibc shows these only under _GNU_SOURCE, which would make this module disagree with Swift's Glibc about other types.
int accept4(int fd, struct sockaddr *address, socklen_t *length, int flags);
ssize_t readahead(int fd, off_t offset, size_t count);
int syncfs(int fd);
int pthread_setname_np(pthread_t thread, const char *name);

static inline int sb_accept4(int fd, struct sockaddr *address, socklen_t *length) {
    return accept4(fd, address, length, SOCK_NONBLOCK | SOCK_CLOEXEC);
}

static inline int sb_open(const char *path, int flags, mode_t mode) {
    return open(path, flags | O_CLOEXEC, mode);
}

static inline int sb_openat(int directory, const char *path, int flags, mode_t mode) {
    return openat(directory, path, flags | O_CLOEXEC, mode);
}

// epoll_event is packed on x86-64, so its union is set and read here.
static inline int sb_epoll_add(int epoll, int fd, uint32_t events, uint64_t token) {
    struct epoll_event event = {.events = events, .data = {.u64 = token}};
    return epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
}
static inline int sb_epoll_remove(int epoll, int fd) {
    struct epoll_event event = {0};
    return epoll_ctl(epoll, EPOLL_CTL_DEL, fd, &event);
}
static inline uint64_t sb_epoll_token(const struct epoll_event *event) { return event->data.u64; }

// CRC-32C (Castagnoli) of `count` bytes in the processor's own instruction; -1 where it has none.
#if defined(__x86_64__)
__attribute__((target("sse4.2"))) static inline uint32_t sb_crc32c_hardware(uint32_t crc, const uint8_t *bytes, size_t count) {
    uint64_t state = crc;
    while (count >= 8) {
        uint64_t word;
        memcpy(&word, bytes, 8);
        state = __builtin_ia32_crc32di(state, word);
        bytes += 8;
        count -= 8;
    }
    uint32_t rest = (uint32_t)state;
    while (count-- > 0) rest = __builtin_ia32_crc32qi(rest, *bytes++);
    return rest;
}
static inline int sb_has_crc32c(void) {
    __builtin_cpu_init();
    return __builtin_cpu_supports("sse4.2") ? 1 : 0;
}
#elif defined(__aarch64__)
__attribute__((target("+crc"))) static inline uint32_t sb_crc32c_hardware(uint32_t crc, const uint8_t *bytes, size_t count) {
    while (count >= 8) {
        uint64_t word;
        memcpy(&word, bytes, 8);
        crc = __builtin_arm_crc32cd(crc, word);
        bytes += 8;
        count -= 8;
    }
    while (count-- > 0) crc = __builtin_arm_crc32cb(crc, *bytes++);
    return crc;
}
static inline int sb_has_crc32c(void) { return (getauxval(AT_HWCAP) & (1 << 7)) ? 1 : 0; }
#else
static inline uint32_t sb_crc32c_hardware(uint32_t crc, const uint8_t *bytes, size_t count) {
    (void)bytes; (void)count;
    return crc;
}
static inline int sb_has_crc32c(void) { return 0; }
#endif
