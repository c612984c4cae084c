// Reads a source which may block, one input at a time, as far as the call's window allows: on a thread of its own, or
// on the caller's actor where the sequence's closures belong to it. What it has read is shipped when a chunk is full, when a container is hungry, or by whoever sees that one is.

import GantryContainers
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
  let credit = Credit()
  /// The call is over: what was granted is taken no more.
  private let isOver = Atomic<Bool>(false)
  /// Under the coordinator's lock: it waits on `credit`.
  var isWaiting = false
  /// Under the coordinator's lock: inputs that were granted and not yet put into a chunk.
  var granted = 0

  init(_ call: Call, _ coordinator: Coordinator) {
    self.call = call
    self.coordinator = coordinator
  }

  /// Shipping costs some microseconds, so a hungry container is not fed input by input by a source that is
  /// quick.
  ///
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

  /// Ends reading before the next input.
  func stop() {
    isOver.store(true, ordering: .relaxed)
    credit.signal()
  }

  /// Starts reading.
  ///
  /// 0, or the errno for which there is no thread.
  func start() -> Int32 {
    guard let actor = call.filler.isolation else { return startThread { self.runOnThread() } }
    Task { await self.run(on: actor) }
    return 0
  }

  private func runOnThread() {
    while true {
      if let grant = coordinator.creditNow(self) {
        guard grant.count > 0, read(grant) else { return }
      } else {
        credit.sleep()
      }
    }
  }

  /// Closures written in an actor's code trap anywhere else, so they are run there, and the actor is left between bursts.
  private func run(on actor: any Actor) async {
    while true {
      if let grant = coordinator.creditNow(self) {
        guard grant.count > 0, await read(grant, isolation: actor) else { return }
      } else {
        await credit.suspend()
      }
    }
  }

  private func read(_ grant: FeederGrant, isolation: isolated any Actor) async -> Bool { read(grant) }

  /// Takes as many inputs as were granted; false at the end of the sequence, or of the call.
  private func read(_ grant: FeederGrant) -> Bool {
    for _ in 0..<grant.count {
      if isOver.load(ordering: .relaxed) { return false }
      guard call.filler.fetch() else {
        coordinator.endSource(self)
        return false
      }
      let isFull = lock.locked {
        call.filler.append(open)
        return open.count >= grant.target || open.encoder.count >= coordinator.chunkBytes
          || open.failure != nil
      }
      if isFull || (isHungry.load(ordering: .relaxed) && isTimeToShip()) { coordinator.ship(self) }
    }
    return true
  }
}

/// How many inputs a feeder may take, and how many make a full chunk.
///
/// None: the call is over.
struct FeederGrant {
  var count: Int
  var target: Int
}
