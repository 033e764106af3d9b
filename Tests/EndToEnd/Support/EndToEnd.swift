import Foundation
import Testing

/// The tests that run the real program with real clients: one after another, because each starts processes of its own.
@Suite("End to end", .serialized, .onThreadsOfTheirOwn)
enum EndToEnd {}

/// Runs each test, and each child task of it, on a thread of its own, so that a test may block where it likes:
/// on a socket, on a process, on a condition. The threads of Swift's pool, two on a small machine, stay free for the other suites.
struct ThreadTrait: SuiteTrait, TestTrait, TestScoping {
    var isRecursive: Bool { true }

    func scopeProvider(for test: Test, testCase: Test.Case?) -> ThreadTrait? {
        testCase == nil ? nil : self
    }

    func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @concurrent @Sendable () async throws -> Void
    ) async throws {
        try await withTaskExecutorPreference(ThreadPerJob.shared) {
            try await function()
        }
    }
}

extension Trait where Self == ThreadTrait {
    static var onThreadsOfTheirOwn: Self { ThreadTrait() }
}

/// A task executor that starts a thread for each job.
final class ThreadPerJob: TaskExecutor {
    static let shared = ThreadPerJob()

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        Thread.detachNewThread {
            // The threads of libdispatch block signals, and a program that a test starts would inherit that: strace or a
            // client could not be asked to end.
            var none = sigset_t()
            unsafe sigemptyset(&none)
            unsafe pthread_sigmask(SIG_SETMASK, &none, nil)
            unsafe job.runSynchronously(on: self.asUnownedTaskExecutor())
        }
    }
}
