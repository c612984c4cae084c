// Whether this process may be forked, and how the threads of its other drivers are kept out of the way meanwhile.
// Called by the start of a driver. A fork copies one thread: whatever the others hold is held for ever in the copy.

import GantryContainers

#if canImport(Glibc)
import Glibc
#else
import Musl
#endif

/// Where a driver's background thread stands still while another driver of its process forks.
///
/// It waits inside libc, with nothing of the Swift runtime or of the allocator in its hands.
///
/// `@unchecked Sendable`: the state is guarded by the mutex.
final class Gate: @unchecked Sendable {
  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let changed = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
  private var isClosed = false
  private var isWaiting = false

  init() {
    mutex.initialize(to: pthread_mutex_t())
    changed.initialize(to: pthread_cond_t())
    pthread_mutex_init(mutex, nil)
    pthread_cond_init(changed, nil)
  }

  deinit {
    pthread_cond_destroy(changed)
    pthread_mutex_destroy(mutex)
    changed.deallocate()
    mutex.deallocate()
  }

  /// Passes, or waits until the gate is open again.
  func pass() {
    pthread_mutex_lock(mutex)
    while isClosed {
      isWaiting = true
      pthread_cond_wait(changed, mutex)
    }
    isWaiting = false
    pthread_mutex_unlock(mutex)
  }

  func close() { set(closed: true) }
  func open() { set(closed: false) }

  private func set(closed: Bool) {
    pthread_mutex_lock(mutex)
    isClosed = closed
    pthread_cond_broadcast(changed)
    pthread_mutex_unlock(mutex)
  }

  /// Whether the thread stands at the closed gate.
  var isHeld: Bool {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    return isClosed && isWaiting
  }
}

/// The drivers of this process that have a background thread, and the lock under which drivers are started.
enum ForkBook {
  private struct Entry {
    weak var coordinator: Coordinator?
  }

  /// One start by fork at a time.
  static let lock = Lock()
  private static let entriesLock = Lock()
  // nonisolated(unsafe): guarded by `entriesLock`.
  private nonisolated(unsafe) static var entries: [Entry] = []
  private nonisolated(unsafe) static var hadThreads = false

  /// A driver's background thread was started.
  static func enter(_ coordinator: Coordinator) {
    entriesLock.locked {
      hadThreads = true
      entries.removeAll { $0.coordinator == nil }
      entries.append(Entry(coordinator: coordinator))
    }
  }

  private static var present: [Coordinator] {
    entriesLock.locked { entries.compactMap { $0.coordinator } }
  }

  /// Runs a body that forks, while this thread is the only one that does anything; a sentence where it is not.
  static func alone(_ body: () throws -> Void) rethrows -> String? {
    if dispatchWasThreaded() {
      return
        "Dispatch or Swift's concurrency has run in this process, which a fork of it could not do any more"
    }
    let others = present
    for other in others {
      other.gate.close()
      other.wakeBackground()
    }
    defer { for other in others { other.gate.open() } }
    var threads = Keeper.threadCount ?? 1
    // A thread on its way to the gate, or one of a driver that was just stopped, needs moments; a thread of the
    // program's, for ever.
    for _ in 0..<(hadThreads ? 200 : 0) where threads != 1 + others.count(where: { $0.gate.isHeld }) {
      if threads > 2 + others.count { break }
      usleep(500)
      threads = Keeper.threadCount ?? 1
    }
    let strangers = threads - 1 - others.count(where: { $0.gate.isHeld })
    guard strangers == 0 else {
      return "the process already has \(strangers + 1) threads of its own, and a fork of it would have one"
    }
    try body()
    return nil
  }

  /// Stops all drivers, and says whether this is the only thread then.
  static func endAll() -> Bool {
    if dispatchWasThreaded() { return false }
    for other in present { other.stop() }
    for _ in 0..<(hadThreads ? 2000 : 1) {
      if Keeper.threadCount ?? 1 == 1 { return true }
      if hadThreads { usleep(500) }
    }
    return false
  }
}
