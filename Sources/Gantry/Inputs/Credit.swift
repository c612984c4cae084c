// How a feeder waits until its call may take more inputs: a thread sleeps, a task suspends.

import Dispatch

/// Remembers one signal; one party waits.
///
/// `@unchecked Sendable`: `lock` guards the rest.
final class Credit: @unchecked Sendable {
  private let lock = Lock()
  private var isSignalled = false
  private var sleeper: DispatchSemaphore?
  private var suspended: CheckedContinuation<Void, Never>?

  /// Ends the wait that is going on, or the next one.
  func signal() {
    let (sleeper, suspended) = lock.locked {
      defer {
        self.sleeper = nil
        self.suspended = nil
      }
      if self.sleeper == nil && self.suspended == nil { isSignalled = true }
      return (self.sleeper, self.suspended)
    }
    sleeper?.signal()
    suspended?.resume()
  }

  /// Blocks the calling thread until a signal.
  func sleep() {
    let semaphore = DispatchSemaphore(value: 0)
    let mustWait = lock.locked {
      if isSignalled {
        isSignalled = false
        return false
      }
      sleeper = semaphore
      return true
    }
    if mustWait { semaphore.wait() }
  }

  /// Suspends the calling task until a signal.
  func suspend() async {
    await withCheckedContinuation { continuation in
      let isDue = lock.locked {
        if isSignalled {
          isSignalled = false
          return true
        }
        suspended = continuation
        return false
      }
      if isDue { continuation.resume() }
    }
  }
}
