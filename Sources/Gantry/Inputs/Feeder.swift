// The thread that reads a source which may block, one input at a time, as far as the call's window allows.
// What it has read is shipped when a chunk is full, when a container is hungry, or by whoever sees that one is.

import Dispatch
import GantryLanes
import Synchronization

/// `@unchecked Sendable`: `open` is guarded by `lock`, the rest by the coordinator's lock or by being the thread's own.
final class Feeder: @unchecked Sendable {
  let call: Call
  private let coordinator: Coordinator
  /// Taken after the coordinator's lock where both are.
  let lock = Lock()
  let open = OpenInputs()
  /// Set while a container waits for whatever comes next.
  let isHungry = Atomic<Bool>(true)
  let credit = DispatchSemaphore(value: 0)
  /// Under the coordinator's lock: the thread waits on `credit`.
  var isWaiting = false
  /// Under the coordinator's lock: inputs of the open chunk after which it is full.
  var target = 1
  /// Under the coordinator's lock: inputs that were granted and not yet put into a chunk.
  var granted = 0

  init(_ call: Call, _ coordinator: Coordinator) {
    self.call = call
    self.coordinator = coordinator
  }

  /// Shipping costs some microseconds, so a hungry container is not fed input by input by a source that is quick.
  /// What is kept back is shipped by the background thread in a moment, should the source block now.
  private func isTimeToShip() -> Bool {
    let now = monotonicNow()
    keptBack += 1
    if now &- shippedAt >= pause {
      // Several inputs came within one pause: larger chunks cost each of them less. One came alone: do not delay it.
      pause = keptBack > 1 ? min(pause * 2, Feeder.longestPause) : Feeder.shortestPause
      keptBack = 0
      shippedAt = now
      isPromised = false
      return true
    }
    if !isPromised {
      isPromised = true
      coordinator.shipSoon()
    }
    return false
  }

  private static let shortestPause: UInt64 = 20_000
  private static let longestPause: UInt64 = 1_000_000
  // The rest is the thread's own.
  private var pause = Feeder.shortestPause
  private var keptBack = 0
  private var shippedAt: UInt64 = 0
  /// The background thread will look at the open chunk.
  private var isPromised = false

  /// The thread's body.
  func run() {
    while true {
      var credits = coordinator.awaitCredit(self)
      if credits.count == 0 { return }
      while credits.count > 0 {
        credits.count -= 1
        guard call.filler.fetch() else {
          coordinator.endSource(self)
          return
        }
        let isFull = lock.locked {
          call.filler.append(open)
          return open.count >= credits.target || open.encoder.count >= coordinator.chunkBytes || open.failure != nil
        }
        if isFull || (isHungry.load(ordering: .relaxed) && isTimeToShip()) { coordinator.ship(self) }
      }
    }
  }
}
