// A container with an asynchronous body: the main thread serves the main dispatch queue, a task runs the chunks,
// one thread waits for chunks while the task is idle, another watches for cancellation.

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
/// Called on the main thread, it gives it to the main dispatch queue: a body that hops to `MainActor` or
/// `DispatchQueue.main` would hang otherwise. Called on another, in a container that ran the program's main, it leaves
/// the main queue to whoever serves it there.
func serveAsync(_ lane: LaneConsumer, _ runner: AsyncRunner) -> Never {
  finishesWhatRuns = runner.hasExit
  let server = AsyncServer(lane, runner)
  startThreadOrLeave { server.waitForChunks() }
  startThreadOrLeave { server.watchForCancellation() }
  server.begin()
  keepThread()
}

/// The lane of an asynchronous container and the task that works on it.
///
/// `@unchecked Sendable`: lane and session are used by one party at a time, the task while it works and the idle thread
/// while the task is suspended; `current` and `isRunning` are guarded by `guardian`.
private final class AsyncServer: @unchecked Sendable {
  private let lane: LaneConsumer
  private let runner: AsyncRunner
  private var session: ContainerSession?
  private var decoder: ChunkDecoder
  private let idle = DispatchSemaphore(value: 0)
  private var resume: CheckedContinuation<Void, Never>?
  private let guardian = DispatchSemaphore(value: 1)
  private var current: Task<Void, Never>?
  private var isRunning = false

  init(_ lane: LaneConsumer, _ runner: AsyncRunner) {
    self.lane = lane
    self.runner = runner
    decoder = ChunkDecoder(arena: lane.arena)
  }

  /// Starts the task; that it runs at all shows that this container can make threads.
  func begin() {
    setCurrent(
      Task.detached { [self] in
        let session = await enterOrLeave(runner)
        self.session = session
        lane.publishStarted(process: getpid())
        await work(session)
      })
  }

  private func setCurrent(_ task: Task<Void, Never>) {
    guardian.wait()
    current = task
    guardian.signal()
  }

  private func setRunning(_ isRunning: Bool) {
    guardian.wait()
    self.isRunning = isRunning
    guardian.signal()
  }

  /// Runs chunks until this task is cancelled, which cancels the input that runs; a fresh task then goes on.
  private func work(_ session: ContainerSession) async {
    while !Task.isCancelled {
      // A spin also ends with a stop, which is for the idle thread to see.
      guard let claim = lane.claim() ?? (lane.spin() ? lane.claim() : nil) else {
        await withCheckedContinuation { continuation in
          resume = continuation
          idle.signal()
        }
        continue
      }
      var chunk = OpenChunk(lane, claim, inputs: decoder.decode(claim))
      passChunkReady()
      setRunning(true)
      await session.run(&chunk)
      setRunning(false)
    }
    setCurrent(
      Task.detached { [self] in
        if let session = self.session { await work(session) }
      })
  }

  /// The idle thread: parks on the doorbell for the suspended task.
  func waitForChunks() {
    while true {
      idle.wait()
      guard wait() else { return exit() }
      let continuation = resume
      resume = nil
      continuation?.resume()
    }
  }

  /// Waits for a chunk; false: the container is to leave.
  private func wait() -> Bool {
    while true {
      switch lane.wait() {
      case .stop: return false
      case .timeout: leaveProcessIfOrphaned()
      case .ready: return true
      }
    }
  }

  /// Ends the session, whose task is suspended for good, and with it the process.
  private func exit() {
    Task.detached { [self] in
      await session?.exit()
      leaveProcess()
    }
  }

  /// The watching thread: cancels the task when the driver no longer wants what runs.
  func watchForCancellation() {
    var seen: UInt32 = 0
    // Once soon, for a parent that died as this began; then seldom.
    var patience: UInt64 = 1_000_000_000
    while true {
      lane.watch(&seen, atMost: patience)
      patience = 64_000_000_000
      // The task cannot go on to another chunk meanwhile: that one would be cancelled in place of this.
      guardian.wait()
      if isRunning, lane.isUnwanted { current?.cancel() }
      guardian.signal()
      leaveProcessIfOrphaned()
    }
  }
}

/// Enters a function's state; a container whose `enter` throws says so and is gone.
func enterOrLeave(_ runner: AsyncRunner) async -> ContainerSession {
  do {
    return try await runner.enter()
  } catch {
    flushOutput()
    leave("\(ContainerStatus.enterThrewMark)\(error)\n", status: ContainerStatus.enterThrew)
  }
}

/// A container that cannot have threads cannot serve an asynchronous function.
func startThreadOrLeave(_ body: @escaping @Sendable () -> Void) {
  let failure = startThread(body)
  if failure == 0 { return }
  leave(
    "The container could not start a thread: \(String(cString: strerror(failure))).\n",
    status: ContainerStatus.noThread)
}
