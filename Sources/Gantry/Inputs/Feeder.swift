// The thread that reads a source which may block, one input at a time, as far as the call's window allows.
// What it has read is shipped when a chunk is full, when a container is hungry, or by whoever sees that one is.

import Dispatch
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
          call.filler.append(to: open)
          return open.count >= credits.target || open.encoder.count >= coordinator.chunkBytes || open.failure != nil
        }
        if isFull || isHungry.load(ordering: .relaxed) { coordinator.ship(self) }
      }
    }
  }
}
