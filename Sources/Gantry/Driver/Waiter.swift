// Who waits for a call, and how it is woken: a task that is suspended, or a thread that is blocked.

import Dispatch

/// Woken once.
enum Waiter {
  case task(CheckedContinuation<Void, Never>)
  case thread(DispatchSemaphore)

  func wake() {
    switch self {
    case .task(let continuation): continuation.resume()
    case .thread(let semaphore): semaphore.signal()
    }
  }
}
