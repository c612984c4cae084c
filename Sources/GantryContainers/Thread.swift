// A detached thread for code that may block: the driver's background, feeders, an asynchronous container's waits.

#if canImport(Glibc)
import Glibc
#else
import Musl
#endif

private final class ThreadBody: Sendable {
  let run: @Sendable () -> Void
  init(_ run: @escaping @Sendable () -> Void) { self.run = run }
}

/// Starts a detached thread with all signals blocked, so that the program's handlers run on its own
/// threads.
///
/// Returns 0 or an errno.
package func startThread(_ body: @escaping @Sendable () -> Void) -> Int32 {
  var everything = sigset_t()
  var before = sigset_t()
  sigfillset(&everything)
  for fault in [SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP, SIGABRT] { sigdelset(&everything, fault) }
  pthread_sigmask(SIG_SETMASK, &everything, &before)
  defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
  var thread = pthread_t()
  let box = Unmanaged.passRetained(ThreadBody(body))
  let failure = pthread_create(
    &thread, nil,
    { raw in
      if let raw { Unmanaged<ThreadBody>.fromOpaque(raw).takeRetainedValue().run() }
      return nil
    }, box.toOpaque())
  guard failure == 0 else {
    box.release()
    return failure
  }
  pthread_detach(thread)
  return 0
}
