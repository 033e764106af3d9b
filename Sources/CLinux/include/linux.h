// What Swift's Glibc module does not show: epoll, eventfd, accept4, sendfile, pidfd, and calls that are variadic or macros in C.
// Declarations and thin inline wrappers only; every policy is Swift's.
#pragma once

#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/prctl.h>
#include <sys/sendfile.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>
#if defined(__aarch64__)
#include <sys/auxv.h>
#endif

// glibc shows these only under _GNU_SOURCE, which would make this module disagree with Swift's Glibc about other types.
int accept4(int fd, struct sockaddr *address, socklen_t *length, int flags);
ssize_t readahead(int fd, off_t offset, size_t count);
int sync_file_range(int fd, off_t offset, off_t count, unsigned int flags);
int syncfs(int fd);
int pthread_setname_np(pthread_t thread, const char *name);
int pipe2(int ends[2], int flags);
int memfd_create(const char *name, unsigned int flags);
int posix_spawn_file_actions_addchdir_np(posix_spawn_file_actions_t *actions, const char *path);
int posix_spawn_file_actions_addclosefrom_np(posix_spawn_file_actions_t *actions, int from);

// How many bytes of a socket the peer's side has not acknowledged yet; -1 with errno where that cannot be told.
static inline int sb_unacknowledged(int fd) {
    int count = 0;
    return ioctl(fd, SIOCOUTQ, &count) < 0 ? -1 : count;
}

static inline int sb_accept4(int fd, struct sockaddr *address, socklen_t *length) {
    return accept4(fd, address, length, SOCK_NONBLOCK | SOCK_CLOEXEC);
}

static inline int sb_open(const char *path, int flags, mode_t mode) {
    return open(path, flags | O_CLOEXEC, mode);
}

static inline int sb_openat(int directory, const char *path, int flags, mode_t mode) {
    return openat(directory, path, flags | O_CLOEXEC, mode);
}

// Whether writes pass by the page cache. The C library names the flag without underscores for GNU sources only.
static inline int sb_set_direct(int fd, int on) {
    int flags = fcntl(fd, F_GETFL);
    return flags < 0 ? -1 : fcntl(fd, F_SETFL, on ? flags | __O_DIRECT : flags & ~__O_DIRECT);
}

// Sets the disk to work on a part of a file; `wait` until it has it. The C library names the flags for GNU sources only.
static inline int sb_write_out(int fd, off_t offset, off_t count, int wait) {
    return sync_file_range(fd, offset, count, wait ? 1 | 2 | 4 : 2);
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

// An entry of a directory is only as long as its name, so it must not be copied as a whole: that may read past the end of its buffer.
static inline const char *sb_entry_name(const struct dirent *entry) { return entry->d_name; }

static inline int sb_pipe(int ends[2]) { return pipe2(ends, O_CLOEXEC); }

// A pipe out of which each write of up to 4096 bytes comes by itself, where the kernel can do that. A write takes a whole page of it,
// so it gets more of them than usual if it may.
static inline int sb_packet_pipe(int ends[2]) {
    if (pipe2(ends, O_CLOEXEC | __O_DIRECT) != 0 && pipe2(ends, O_CLOEXEC) != 0) return -1;
    (void)fcntl(ends[1], 1031 /* F_SETPIPE_SZ */, 256 << 10);
    return 0;
}
static inline int sb_memfd(void) { return memfd_create("input", 1 /* MFD_CLOEXEC */); }

// A descriptor that becomes readable when the process has ended; close-on-exec by itself.
static inline int sb_pidfd_open(pid_t pid) { return (int)syscall(434 /* SYS_pidfd_open, the same everywhere */, pid, 0); }

// 1 when the child has ended, which leaves it a zombie: nobody else gets its number. 0 while it runs.
static inline int sb_has_ended(pid_t pid) {
    siginfo_t info;
    memset(&info, 0, sizeof info);
    if (waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) != 0) return -1;
    return info.si_pid != 0;
}

// From now on, what descendants of this process leave behind becomes its child.
static inline int sb_adopt_orphans(void) { return prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); }

// A non-blocking descriptor of signals that no longer interrupt: ends of children, and what asks this process to end.
static inline int sb_signals(void) {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGHUP);
    if (sigprocmask(SIG_BLOCK, &set, NULL) != 0) return -1;
    return signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
}
// The next signal of that descriptor; 0 where there is none.
static inline int sb_next_signal(int fd) {
    struct signalfd_siginfo info;
    return read(fd, &info, sizeof info) == (ssize_t)sizeof info ? (int)info.ssi_signo : 0;
}
static inline void sb_unblock_signals(void) {
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}
// A pair of sockets that are closed on exec.
static inline int sb_socketpair(int ends[2]) { return socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends); }

// Starts a program in a session of its own, with default signals, and with `input` and `output`, and as 3 `lifeline` where
// it is not -1, as all its descriptors. Answers 0 or an error number, which may be that of chdir or execve.
static inline int sb_spawn(pid_t *pid, const char *program, char *const *arguments, char *const *environment,
                           const char *folder, int input, int output, int lifeline) {
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    int error = posix_spawn_file_actions_init(&actions);
    if (error != 0) return error;
    error = posix_spawnattr_init(&attributes);
    if (error != 0) {
        posix_spawn_file_actions_destroy(&actions);
        return error;
    }
    if (!error) error = posix_spawn_file_actions_adddup2(&actions, input, 0);
    if (!error) error = posix_spawn_file_actions_adddup2(&actions, output, 1);
    if (!error) error = posix_spawn_file_actions_adddup2(&actions, output, 2);
    if (!error && lifeline >= 0) error = posix_spawn_file_actions_adddup2(&actions, lifeline, 3);
    if (!error) error = posix_spawn_file_actions_addclosefrom_np(&actions, lifeline >= 0 ? 4 : 3);
    if (!error) error = posix_spawn_file_actions_addchdir_np(&actions, folder);
    if (!error) error = posix_spawnattr_setsigmask(&attributes, &none);
    if (!error) error = posix_spawnattr_setsigdefault(&attributes, &all);
    if (!error) error = posix_spawnattr_setflags(
        &attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | 0x80 /* POSIX_SPAWN_SETSID */);
    if (!error) error = posix_spawn(pid, program, &actions, &attributes, arguments, environment);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    return error;
}

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
