// A container that is a thread of the driver's own process, for debuggers: the lane and its protocol are the same, but
// a crash takes the program along, and nothing can be killed. Ends when its lane is stopped.

import Dispatch
import GantryLanes

#if canImport(Glibc)
import Glibc
#else
import Musl
#endif

/// What a container of the driver's own process is started with; the descriptors stay the caller's.
package struct InProcessRequest {
  package var arenaBytes: UInt64
  package var ringBytes: UInt64
  /// Inputs it runs at a time.
  package var concurrency: Int
  package var arena: Int32
  package var driverPage: Int32
  package var containerRegion: Int32
  package var doorbell: Int32

  package init(
    arenaBytes: UInt64, ringBytes: UInt64, concurrency: Int, arena: Int32, driverPage: Int32,
    containerRegion: Int32, doorbell: Int32
  ) {
    self.arenaBytes = arenaBytes
    self.ringBytes = ringBytes
    self.concurrency = concurrency
    self.arena = arena
    self.driverPage = driverPage
    self.containerRegion = containerRegion
    self.doorbell = doorbell
  }
}

/// Starts a container as a thread; `ended` hears of its end, and why if it could not start.
package func startInProcess(
  _ runner: ChunkRunner, _ request: InProcessRequest, ended: @escaping @Sendable (String?) -> Void
) throws {
  // The driver closes its own when it has written the container off; this thread may live longer.
  let bell = dup(request.doorbell)
  guard bell >= 0 else { throw ProcessError("a doorbell could not be shared", -errno) }
  let lane: LaneConsumer
  do {
    lane = try LaneConsumer(
      arena: request.arena, arenaBytes: request.arenaBytes, driverPage: request.driverPage,
      containerRegion: request.containerRegion, ringBytes: request.ringBytes, doorbell: bell)
  } catch {
    close(bell)
    throw error
  }
  let container = InProcessContainer(lane, runner, concurrency: request.concurrency)
  let arenaBytes = request.arenaBytes
  let failure = startThread {
    let reason = ContainerCode.$isRunning.withValue(true) { container.serve() }
    container.close(arenaBytes: arenaBytes)
    close(bell)
    ended(reason)
  }
  guard failure == 0 else {
    lane.close(arenaBytes: arenaBytes)
    close(bell)
    throw ProcessError("a thread could not be started", -failure)
  }
}

/// `@unchecked Sendable`: used by its thread, and by the task that this waits for.
private final class InProcessContainer: @unchecked Sendable {
  private let lane: LaneConsumer
  private let runner: ChunkRunner
  private let concurrency: Int
  private var decoder: ChunkDecoder

  init(_ lane: LaneConsumer, _ runner: ChunkRunner, concurrency: Int) {
    self.lane = lane
    self.runner = runner
    self.concurrency = concurrency
    decoder = ChunkDecoder(arena: lane.arena)
  }

  func close(arenaBytes: UInt64) { lane.close(arenaBytes: arenaBytes) }

  /// Serves the lane until it is stopped; why not, if it could not start.
  func serve() -> String? {
    switch runner {
    case .sync(let run):
      lane.publishStarted(process: getpid())
      while var chunk = nextChunk() { run(&chunk) }
      return nil
    case .async(let runner):
      return serve(runner)
    }
  }

  private func nextChunk() -> OpenChunk? {
    while true {
      if let claim = lane.claim() { return OpenChunk(lane, claim, inputs: decoder.decode(claim)) }
      if case .stop = lane.wait() { return nil }
    }
  }

  private func serve(_ runner: AsyncRunner) -> String? {
    let entered = Slot<ContainerSession>()
    let failure = Slot<String>()
    finish {
      do {
        entered.value = try await runner.enter()
      } catch {
        failure.value = "\(ContainerStatus.enterThrewMark)\(error)"
      }
    }.wait()
    guard let session = entered.value else { return failure.value }
    if concurrency > 1 { return serve(session) }
    lane.publishStarted(process: getpid())
    while let chunk = nextChunk() {
      let open = Slot(chunk)
      let runs = finish {
        guard var chunk = open.value else { return }
        await entered.value?.run(&chunk)
      }
      while !runs.wait(milliseconds: 20) {
        if lane.isUnwanted { runs.cancel() }
      }
    }
    finish { await entered.value?.exit() }.wait()
    return nil
  }

  /// Serves several inputs at a time.
  private func serve(_ session: ContainerSession) -> String? {
    let server = ConcurrentServer(lane, atMost: concurrency)
    guard server.open(session) else {
      return "The function's state cannot be shared by several inputs."
    }
    let failure = startThread { server.watchForCancellation(each: 20_000_000) }
    guard failure == 0 else { return "A thread could not be started: \(String(cString: strerror(failure)))." }
    server.serve()
    server.stopWatching()
    finish { await server.exit() }.wait()
    return nil
  }

  /// Runs a task for this thread to wait for.
  private func finish(_ body: @escaping @Sendable () async -> Void) -> Errand {
    let done = DispatchSemaphore(value: 0)
    let task = Task.detached {
      await ContainerCode.$isRunning.withValue(true) { await body() }
      done.signal()
    }
    return Errand(task: task, done: done)
  }
}

private struct Errand {
  let task: Task<Void, Never>
  let done: DispatchSemaphore

  func wait() { done.wait() }
  func wait(milliseconds: Int) -> Bool {
    done.wait(timeout: .now() + .milliseconds(milliseconds)) == .success
  }
  func cancel() { task.cancel() }
}

/// Hands a value from a thread to the task it waits for, and back.
///
/// `@unchecked Sendable`: one of them waits while the other uses it.
private final class Slot<Value>: @unchecked Sendable {
  var value: Value?

  init(_ value: Value? = nil) { self.value = value }
}
