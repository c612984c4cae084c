// A container's life: map the lane, report ready, run chunks, leave when the driver says so or is gone.
// Entered by the zygote's child with nothing but async-signal-safe calls behind it; never returns.

import CGantryProcess
import GantryLanes
import GantryWire

#if canImport(Glibc)
import Glibc
#else
import Musl
#endif

/// The descriptors a container is started with, in the order of the spawn message.
package enum ContainerDescriptor: Int, CaseIterable {
  case standardError, arena, driverPage, containerRegion, doorbell
}

/// The C-convention entry that the zygote calls in each fresh child.
package func containerMain(
  _ spawn: UnsafePointer<gantry_spawn>, _ descriptors: UnsafePointer<Int32>, _ count: Int32
) {
  guard Int(count) == ContainerDescriptor.allCases.count - 1 else { _exit(ContainerStatus.noDescriptors) }
  becomeContainer()
  if spawn.pointee.flags & spawnFlagMarked != 0 { writeMark(epoch: spawn.pointee.epoch) }
  // What an input prints is the program's output: no line of it may wait in a buffer for a crash.
  gantry_output_by_lines()
  // Inputs come and go by the megabyte: pages given back after each would have to be cleared for the next.
  gantry_heap_keep_pages()
  // The callback's descriptors follow the standard error, which is already in place.
  func descriptor(_ name: ContainerDescriptor) -> Int32 { descriptors[name.rawValue - 1] }
  do {
    let lane = try LaneConsumer(
      arena: descriptor(.arena), arenaBytes: spawn.pointee.arena_bytes,
      driverPage: descriptor(.driverPage), containerRegion: descriptor(.containerRegion),
      ringBytes: spawn.pointee.ring_bytes, doorbell: descriptor(.doorbell))
    for name in [ContainerDescriptor.arena, .driverPage, .containerRegion] { close(descriptor(name)) }
    gantry_crash_handler_install(lane.crash.assumingMemoryBound(to: gantry_crash_note.self))
    // Test builds pass the step at which the container is to die in the spawn message.
    armStepKill(step: spawn.pointee.detail.0, nth: spawn.pointee.detail.1)
    serve(
      lane, zygoteFunctions[Int(spawn.pointee.function_index)].runner,
      concurrency: Int(clamping: spawn.pointee.detail.2))
  } catch {
    leave("The container could not map its lane. \(error)\n", status: ContainerStatus.noLane)
  }
}

/// What a container's exit status says when it gave up by itself.
package enum ContainerStatus {
  package static let noDescriptors: Int32 = 70
  package static let noLane: Int32 = 71
  package static let noThread: Int32 = 72
  package static let enterThrew: Int32 = 73
  /// What its standard error then ends with, before what was thrown.
  package static let enterThrewMark = "enter threw: "
  package static let damagedChunk: Int32 = 74
}

/// Ends the container with a reason that its driver will see.
func leave(_ reason: String, status: Int32) -> Never {
  var text = reason
  text.withUTF8 { _ = write(2, $0.baseAddress, $0.count) }
  _exit(status)
}

private func serve(_ lane: LaneConsumer, _ runner: ChunkRunner, concurrency: Int) -> Never {
  switch runner {
  case .sync(let run):
    lane.publishStarted(process: getpid())
    serveSync(lane, run)
  case .async(let runner):
    // Its tasks are detached from this thread and its marks.
    let runner = ContainerCode.isRunning ? runner.marked : runner
    if concurrency > 1 { serveConcurrently(lane, runner, atMost: concurrency) }
    serveAsync(lane, runner)
  }
}

private func serveSync(_ lane: LaneConsumer, _ run: @Sendable (inout OpenChunk) -> Void) -> Never {
  var decoder = ChunkDecoder(arena: lane.arena)
  while true {
    if let claim = lane.claim() {
      var chunk = OpenChunk(lane, claim, inputs: decoder.decode(claim))
      passChunkReady()
      run(&chunk)
      continue
    }
    switch lane.wait() {
    case .stop: leaveProcess()
    case .timeout: leaveProcessIfOrphaned()
    case .ready: break
    }
  }
}

/// Ends the container without the program's exit handlers, which belong to the program.
func leaveProcess() -> Never {
  // A thread of the driver's process that is written off while it waits for room has nobody left to write to.
  while !isContainerProcess() { sleep(1000) }
  flushOutput()
  _exit(0)
}

/// Whether a container that was asked to leave goes on with its chunk, because an `exit` waits behind it.
///
/// nonisolated(unsafe): written once, while the container has one thread.
nonisolated(unsafe) var finishesWhatRuns = false

/// Ends a container that waits for room when it is asked to leave, or waits on in small steps.
func leaveProcessUnlessRoomComes() {
  guard finishesWhatRuns else { leaveProcess() }
  leaveProcessIfOrphaned()
  usleep(500)
}

/// The process that forked this one; read before anything can have gone wrong with it.
private let parent = getppid()

/// A container whose zygote is gone was missed by the death signal; it must not stay behind.
func leaveProcessIfOrphaned() {
  if isContainerProcess(), getppid() != parent { _exit(0) }
}

/// What an input printed is out before its output is.
func flushOutput() { gantry_output_flush() }
