// A container that runs several inputs of an asynchronous body at a time. One thread waits for descriptors and starts a
// task for each; the task claims it as its first act, so that what no thread has time for yet is not begun, and may be
// taken back. Outcomes are published as they come, each as a record of its own. A further thread watches for cancels.

import Dispatch
import GantryLanes
import GantryWire

#if canImport(Glibc)
import Glibc
#else
import Musl
#endif

/// Serves a lane for ever.
///
/// Called on the main thread, it gives it to the main dispatch queue; see `keepThread`.
func serveConcurrently(_ lane: LaneConsumer, _ runner: AsyncRunner, atMost most: Int) -> Never {
  finishesWhatRuns = runner.hasExit
  let server = ConcurrentServer(lane, atMost: most)
  // That this task runs at all shows that the container can make threads.
  Task.detached {
    let session = await enterOrLeave(runner)
    guard server.open(session) else {
      leave("The function's state cannot be shared by several inputs.\n", status: ContainerStatus.enterThrew)
    }
    startThreadOrLeave { server.watchForCancellation() }
    startThreadOrLeave {
      server.serve()
      Task.detached {
        await server.exit()
        leaveProcess()
      }
    }
  }
  keepThread()
}

typealias RunOne = @Sendable (UnsafeRawBufferPointer, inout PayloadEncoder) async throws(InputFailure) -> Void

/// The lane of a container and the tasks that share it.
///
/// `@unchecked Sendable`: the claiming side of the lane is used by the dispatching thread and the task it has just
/// started, in turn, handed over by `handover`; the publishing side by whoever holds `press`; the tables are guarded by
/// `guardian`; `session` and `runOne` are set before there are threads, and `session` is used by `exit` alone.
final class ConcurrentServer: @unchecked Sendable {
  private let lane: LaneConsumer
  private let most: Int
  private var session: ContainerSession?
  private var runOne: RunOne?
  /// One for each input that may run.
  private let slots = DispatchSemaphore(value: 0)
  private let handover = DispatchSemaphore(value: 0)
  /// What the task that was started last has claimed; nil: it found nothing.
  private var justClaimed: UInt64?
  private let press = OutcomePress()
  private let guardian = DispatchSemaphore(value: 1)
  private var running: [UInt64: Task<Void, Never>] = [:]
  /// Inputs that ended before their task was entered into the table.
  private var endedEarly: Set<UInt64> = []
  /// Cancelled before their task was entered into the table.
  private var cancelledEarly: Set<UInt64> = []
  /// One past the last position that was entered.
  private var entered: UInt64 = 0
  private var isOver = false
  private let watchIsOver = DispatchSemaphore(value: 0)

  init(_ lane: LaneConsumer, atMost most: Int) {
    self.lane = lane
    self.most = most
    // Made empty and filled: it may then be freed empty.
    for _ in 0..<most { slots.signal() }
  }

  /// Takes the session on and says that the container is ready; false: its state is for one input at a time.
  ///
  /// Comes before everything else.
  func open(_ session: ContainerSession) -> Bool {
    guard let runOne = session.runOne else { return false }
    self.session = session
    self.runOne = runOne
    lane.publishStarted(process: getpid())
    return true
  }

  /// Runs inputs until the container is to leave and the last of them has ended; blocks its thread.
  ///
  /// The tasks have the calling thread's task-local values.
  func serve() {
    guard let runOne else { return }
    while true {
      slots.wait()
      guard waitForDescriptor() else { break }
      let task = Task { [self] in await runNext(runOne) }
      handover.wait()
      if let justClaimed { enter(task, at: justClaimed) }
    }
    for _ in 1..<most { slots.wait() }
  }

  /// Ends the session, when `serve` has returned.
  func exit() async { await session?.exit() }

  // MARK: Claiming

  /// Waits for a descriptor; false: the container is to leave.
  private func waitForDescriptor() -> Bool {
    while true {
      switch lane.wait() {
      case .stop: return false
      case .timeout: leaveProcessIfOrphaned()
      case .ready: return true
      }
    }
  }

  /// Claims the next descriptor, and lets the dispatching thread go on.
  private func claimNext() -> Claim? {
    let claim = lane.claim()
    justClaimed = claim?.position
    handover.signal()
    return claim
  }

  private func runNext(_ runOne: RunOne) async {
    // It may have been taken back since it was seen.
    if let claim = claimNext() {
      await run(claim, runOne)
      forget(claim.position)
    }
    slots.signal()
  }

  private func run(_ claim: Claim, _ runOne: RunOne) async {
    let start = monotonicNow()
    var decoder = ChunkDecoder(arena: lane.arena)
    defer { decoder.free() }
    let chunk = decoder.decode(claim)
    passChunkReady()
    var output = PayloadEncoder()
    var failure: InputFailure?
    do throws(InputFailure) {
      try await runOne(input(of: claim, in: chunk), &output)
    } catch {
      failure = error
    }
    let busy = monotonicNow() &- start
    press.publish(output, failure, of: claim, busy: busy, on: lane)
  }

  /// Where the one input of a descriptor lies in its chunk.
  private func input(of claim: Claim, in chunk: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
    let first = Int(claim.first)
    if claim.form.flags & ChunkFlags.framed == 0 {
      let width = chunk.count / max(1, Int(claim.count))
      return UnsafeRawBufferPointer(rebasing: chunk[(first * width)..<((first + 1) * width)])
    }
    var frames = FrameReader(chunk)
    guard frames.skip(first), let frame = frames.next() else {
      leave("A chunk ends before its input \(first).\n", status: ContainerStatus.damagedChunk)
    }
    return frame
  }

  // MARK: Cancelling

  private func enter(_ task: Task<Void, Never>, at position: UInt64) {
    guardian.wait()
    defer { guardian.signal() }
    entered = position &+ 1
    if cancelledEarly.remove(position) != nil { task.cancel() }
    if endedEarly.remove(position) == nil { running[position] = task }
  }

  private func forget(_ position: UInt64) {
    guardian.wait()
    defer { guardian.signal() }
    if running.removeValue(forKey: position) == nil { endedEarly.insert(position) }
  }

  /// The watching thread: cancels the tasks of the inputs that the driver no longer wants.
  ///
  /// Ends only after `stopWatching`, which waits for it.
  func watchForCancellation(each nanoseconds: UInt64 = 1_000_000_000) {
    var seen: UInt32 = 0
    var cursor: UInt64 = 0
    while !shouldStopWatching() {
      lane.watch(&seen, atMost: nanoseconds)
      while let position = lane.nextCancelled(&cursor) { cancel(position) }
      leaveProcessIfOrphaned()
    }
    watchIsOver.signal()
  }

  /// Waits until the watching thread has left the lane.
  func stopWatching() {
    guardian.wait()
    isOver = true
    guardian.signal()
    watchIsOver.wait()
  }

  private func shouldStopWatching() -> Bool {
    guardian.wait()
    defer { guardian.signal() }
    return isOver
  }

  private func cancel(_ position: UInt64) {
    guardian.wait()
    defer { guardian.signal() }
    if let task = running[position] {
      task.cancel()
    } else if Int64(bitPattern: position &- entered) >= 0 {
      cancelledEarly.insert(position)
    }
  }
}
