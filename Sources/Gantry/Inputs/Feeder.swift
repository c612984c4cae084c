// Reads a source which may block, one input at a time, as far as the call's window allows: on a thread of its own, on
// the caller's actor where the sequence's closures belong to it, or as a task where it is asynchronous. What it has read is shipped when a chunk is full,
// when a container is hungry, before it waits, or by whoever sees that a container has become hungry.

import GantryContainers
import GantryLanes
import Synchronization

/// `@unchecked Sendable`: `open` is guarded by `lock`, the rest by the coordinator's lock or by being the reader's own.
final class Feeder: @unchecked Sendable {
  let call: Call
  private let coordinator: Coordinator
  /// Taken after the coordinator's lock where both are.
  let lock = Lock()
  private(set) var open = OpenInputs()
  /// What reads, where that is a task.
  private let task = Guarded<Task<Void, Never>?>(nil)
  /// Set while a container waits for whatever comes next.
  let isHungry = Atomic<Bool>(true)
  let credit = Credit()
  /// The call is over: what was granted is taken no more.
  private let isOver = Atomic<Bool>(false)
  /// Under the coordinator's lock: it waits on `credit`.
  var isWaiting = false
  /// Under the coordinator's lock: look at the open chunk by then, should the source block now.
  var shipBy: UInt64?
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
      return true
    }
    if !isPromised.exchange(true, ordering: .relaxed) { coordinator.shipSoon(self) }
    return false
  }

  private static let shortestPause: UInt64 = 20_000
  private static let longestPause: UInt64 = 1_000_000
  /// The background thread will look at the open chunk; whoever ships it takes the promise back.
  let isPromised = Atomic<Bool>(false)
  // The rest is the reader's own.
  private var pause = Feeder.shortestPause
  private var keptBack = 0
  private var shippedAt: UInt64 = 0
  /// The input being encoded: user code may run for it, so never under a lock.
  private var staged = OpenInputs()

  /// Ends reading before the next input.
  func stop() {
    isOver.store(true, ordering: .relaxed)
    credit.signal()
  }

  /// Cancels the task that reads: what it waits in may be the user's, so never under a lock.
  func cancel() { task.locked { $0 }?.cancel() }

  /// Starts reading: on a thread, as a task, or, `byCaller`, not at all, since the caller's thread will read itself.
  ///
  /// 0, or the errno for which there is no thread.
  func start(byCaller: Bool) -> Int32 {
    switch call.filler.source {
    case .prompt: break
    case .blocking:
      if let actor = call.filler.isolation {
        guard !byCaller else { break }
        launch { await self.run(on: actor) }
      } else {
        return startThread { self.runOnThread() }
      }
    case .asynchronous:
      // A thread that blocks for the results cannot also be the actor's.
      let actor = byCaller ? nil : call.filler.isolation
      launch { await self.run(isolation: actor) }
    }
    return 0
  }

  private func launch(_ body: @escaping @Sendable () async -> Void) {
    let launched = Task(operation: body)
    task.locked { $0 = launched }
    if isOver.load(ordering: .relaxed) { launched.cancel() }
  }

  // MARK: Sources that may block

  private func runOnThread() {
    defer { call.filler.close() }
    while var grant = nextGrant() {
      if grant.isWait {
        credit.sleep()
      } else {
        guard read(&grant, until: .max) else { return }
      }
    }
  }

  /// Closures written in an actor's code trap anywhere else, so they are run there; the actor is left again and again,
  /// so that results reach whoever waits for them on it.
  private func run(on actor: any Actor) async {
    while var grant = nextGrant() {
      if grant.isWait {
        await credit.suspend()
        continue
      }
      while grant.count > 0 {
        let (isOpen, rest) = await readBurst(grant, isolation: actor)
        guard isOpen else { return await close(isolation: actor) }
        grant = rest
        await Task.yield()
      }
    }
    await close(isolation: actor)
  }

  private func readBurst(
    _ grant: FeederGrant, isolation: isolated any Actor
  ) async -> (isOpen: Bool, rest: FeederGrant) {
    var grant = grant
    let isOpen = read(&grant, until: monotonicNow() + Feeder.burst)
    return (isOpen, grant)
  }

  private func close(isolation: isolated any Actor) async { call.filler.close() }

  /// One burst on the thread of a caller that blocks; false: there is nothing to read now, or ever again.
  func readHere() -> Bool {
    guard !isOver.load(ordering: .relaxed), var grant = nextGrant(), !grant.isWait else { return false }
    let isOpen = read(&grant, until: monotonicNow() + Feeder.burst)
    giveBack(grant.count)
    if !isOpen {
      isOver.store(true, ordering: .relaxed)
      call.filler.close()
    }
    return true
  }

  private static let burst: UInt64 = 100_000

  /// What may be read next, or that there is to be a wait; nil: the call is over.
  private func nextGrant() -> FeederGrant? {
    guard let grant = coordinator.creditNow(self) else {
      shipRest()
      return .wait
    }
    return grant.count > 0 ? grant : nil
  }

  /// What lies in the open chunk may be what everybody waits for.
  private func shipRest() {
    if lock.locked({ open.count > 0 || open.failure != nil }) { coordinator.ship(self) }
  }

  private func giveBack(_ count: Int) {
    if count > 0 { coordinator.giveBack(count, self) }
  }

  /// Takes inputs as far as they were granted and the time lasts; false at the end of the sequence, or of the call.
  private func read(_ grant: inout FeederGrant, until end: UInt64) -> Bool {
    while grant.count > 0 {
      if isOver.load(ordering: .relaxed) { return false }
      grant.count -= 1
      guard call.filler.fetch() else {
        coordinator.endSource(self)
        return false
      }
      keep(grant)
      if end != .max, monotonicNow() >= end { break }
    }
    return true
  }

  /// Encodes what was fetched, and ships the open chunk where it is time to.
  private func keep(_ grant: FeederGrant) {
    call.filler.append(staged)
    let isFull = lock.locked {
      if open.count == 0, open.failure == nil {
        swap(&open, &staged)
      } else {
        open.append(staged)
      }
      return open.count >= grant.target || open.encoder.count >= coordinator.chunkBytes
        || open.failure != nil
    }
    staged.clear()
    if isFull || (isHungry.load(ordering: .relaxed) && isTimeToShip()) { coordinator.ship(self) }
  }

  // MARK: Asynchronous sources

  private func run(isolation: isolated (any Actor)?) async {
    defer { call.filler.close() }
    while var grant = nextGrant() {
      if grant.isWait {
        await credit.suspend()
        continue
      }
      while grant.count > 0 {
        if isOver.load(ordering: .relaxed) { return }
        grant.count -= 1
        do {
          guard try await call.filler.fetch(isolation) else { return coordinator.endSource(self) }
        } catch {
          return coordinator.endSource(self, error)
        }
        keep(grant)
      }
    }
  }
}

/// How many inputs a feeder may take, and how many make a full chunk.
///
/// None: the call is over.
struct FeederGrant {
  var count: Int
  var target: Int

  /// Nothing may be taken until a signal.
  static let wait = FeederGrant(count: -1, target: 0)
  var isWait: Bool { count < 0 }
}
