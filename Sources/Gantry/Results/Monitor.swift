// A value behind a lock, and tasks that wait until it is as they want it.

import Dispatch

/// `@unchecked Sendable`: `lock` guards everything.
final class Monitor<State>: @unchecked Sendable {
  private let lock = Lock()
  private var state: State
  private var version = 0
  private var waiting: [Int: Waiter] = [:]
  private var lastTicket = 0

  init(_ state: sending State) { self.state = state }

  /// Changes the state and lets everybody look at it.
  func update<R>(_ body: (inout State) -> R) -> R {
    let (result, waiting) = lock.locked {
      version += 1
      defer { self.waiting = [:] }
      return (body(&state), self.waiting)
    }
    for (_, waiter) in waiting { waiter.wake() }
    return result
  }

  /// Waits until `take` finds what it wants; nil after `timeout`.
  func wait<R>(_ timeout: Duration? = nil, until take: (inout State) throws -> R?) async throws -> R? {
    let ticket = lock.locked {
      lastTicket += 1
      return lastTicket
    }
    let isLate = Guarded(false)
    let alarm = timeout.map { timeout in
      Task.detached { [self] in
        try await Task.sleep(for: timeout)
        isLate.locked { $0 = true }
        release(ticket)
      }
    }
    defer { alarm?.cancel() }
    while true {
      let (found, seen) = try lock.locked { (try take(&state), version) }
      if let found { return found }
      try Task.checkCancellation()
      if isLate.locked({ $0 }) { return nil }
      await withTaskCancellationHandler {
        await withCheckedContinuation { park(.task($0), ticket, seen, isLate) }
      } onCancel: {
        release(ticket)
      }
    }
  }

  /// Blocks the calling thread until `take` finds what it wants.
  func waitBlocking<R>(until take: (inout State) throws -> R?) rethrows -> R {
    let ticket = lock.locked {
      lastTicket += 1
      return lastTicket
    }
    while true {
      let (found, seen) = try lock.locked { (try take(&state), version) }
      if let found { return found }
      let semaphore = DispatchSemaphore(value: 0)
      park(.thread(semaphore), ticket, seen, nil)
      semaphore.wait()
    }
  }

  /// Has a waiter wait, unless there is something new already.
  private func park(_ waiter: Waiter, _ ticket: Int, _ seen: Int, _ isLate: Guarded<Bool>?) {
    let mustWait = lock.locked {
      guard version == seen, !Task.isCancelled, isLate?.locked({ $0 }) != true else { return false }
      waiting[ticket] = waiter
      return true
    }
    if !mustWait { waiter.wake() }
  }

  private func release(_ ticket: Int) {
    lock.locked { waiting.removeValue(forKey: ticket) }?.wake()
  }
}
