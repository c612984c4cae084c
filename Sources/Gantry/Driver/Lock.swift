// A mutual exclusion lock that is not tied to one value: the driver's state is several classes.

#if canImport(Glibc)
import Glibc
#else
import Musl
#endif

/// A pthread mutex on the heap, where it must stay.
///
/// `@unchecked Sendable`: the mutex is made for being shared.
final class Lock: @unchecked Sendable {
  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)

  init() {
    mutex.initialize(to: pthread_mutex_t())
    pthread_mutex_init(mutex, nil)
  }

  deinit {
    pthread_mutex_destroy(mutex)
    mutex.deallocate()
  }

  func lock() { pthread_mutex_lock(mutex) }
  func unlock() { pthread_mutex_unlock(mutex) }

  func locked<R>(_ body: () throws -> R) rethrows -> R {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    return try body()
  }
}

/// A value behind a lock of its own.
///
/// `@unchecked Sendable`: `lock` guards the value.
final class Guarded<Value>: @unchecked Sendable {
  private let lock = Lock()
  private var value: Value

  init(_ value: sending Value) { self.value = value }

  func locked<R>(_ body: (inout Value) throws -> R) rethrows -> R {
    try lock.locked { try body(&value) }
  }
}
