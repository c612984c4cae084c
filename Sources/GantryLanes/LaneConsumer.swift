// The container's end of its lane and its view of the arena, mapped once for the container's life.
// The verbs of PROTOCOL.md as containers use them; those of each input are inlined into user modules.

public import CGantryRing

/// A lane as its container holds it.
///
/// Lives as long as the process; one thread at a time uses it.
@frozen
public struct LaneConsumer {
  @usableFromInline let consumer: UnsafeMutablePointer<gantry_consumer>
  /// The driver's chunks, read-only.
  package let arena: UnsafeRawPointer
  /// Where a crash of this process is to be noted.
  package let crash: UnsafeMutableRawPointer

  /// Maps the three regions from the descriptors that the driver sent.
  package init(
    arena: Int32, arenaBytes: UInt64, driverPage: Int32, containerRegion: Int32, ringBytes: UInt64,
    doorbell: Int32
  ) throws(SharedMemoryError) {
    var arenaBase: UnsafeMutableRawPointer?
    var driverBase: UnsafeMutableRawPointer?
    var ownBase: UnsafeMutableRawPointer?
    let driverBytes = UInt64(GANTRY_DRIVER_BYTES)
    try check(gantry_memory_map(arena, arenaBytes, false, true, &arenaBase), "mapping", arenaBytes)
    try check(gantry_memory_map(driverPage, driverBytes, false, true, &driverBase), "mapping", driverBytes)
    // A user's child process must not write into the lane: its own copy of the mapping ends at its fork.
    try check(gantry_memory_map_ring(containerRegion, ringBytes, true, false, &ownBase), "mapping", ringBytes)
    guard let arenaBase, let driverBase, let ownBase else {
      throw SharedMemoryError(operation: "mapping", bytes: ringBytes, errno: badAddress)
    }
    consumer = .allocate(capacity: 1)
    consumer.initialize(to: gantry_consumer())
    try check(gantry_consumer_open(consumer, driverBase, ownBase, doorbell), "layout check", driverBytes)
    self.arena = UnsafeRawPointer(arenaBase)
    crash = ownBase + Int(GANTRY_CRASH_OFFSET)
  }

  /// Unmaps everything: for a container that ends before its process does.
  ///
  /// Nothing of the lane may be used any more.
  package func close(arenaBytes: UInt64) {
    let ringBytes = consumer.pointee.ring_bytes
    _ = gantry_memory_unmap(UnsafeMutableRawPointer(mutating: arena), arenaBytes)
    _ = gantry_memory_unmap(
      UnsafeMutableRawPointer(mutating: consumer.pointee.driver), UInt64(GANTRY_DRIVER_BYTES))
    _ = gantry_memory_unmap(crash - Int(GANTRY_CRASH_OFFSET), gantry_memory_ring_span(ringBytes))
    consumer.deallocate()
  }
}

extension LaneConsumer {
  /// How a wait ended.
  package enum Wait {
    /// There is what was waited for.
    case ready
    /// Look whether the parent still lives, then wait again.
    case timeout
    /// The driver wants the container to end.
    case stop

    init(_ result: Int32) {
      switch Int(result) {
      case GANTRY_WAIT_STOP: self = .stop
      case GANTRY_WAIT_TIMEOUT: self = .timeout
      default: self = .ready
      }
    }
  }

  /// Claims the next descriptor, if there is one.
  package func claim() -> Claim? {
    var claim = gantry_claim()
    return gantry_consumer_claim(consumer, &claim) == 1 ? Claim(claim) : nil
  }

  /// Spins, then sleeps until there is a descriptor; at most a second, 64 after waits in vain.
  package func wait() -> Wait { Wait(gantry_consumer_wait(consumer)) }

  /// Spins for as long as recent waits say it pays; true: there is a descriptor or a stop.
  package func spin() -> Bool { gantry_consumer_spin(consumer) }

  /// Sleeps until the driver cancels something or the time is over; any thread may.
  package func watch(_ seen: inout UInt32, atMost nanoseconds: UInt64) {
    gantry_consumer_watch(consumer, &seen, nanoseconds)
  }

  /// Whether the driver no longer wants what runs; any thread may ask.
  package var isUnwanted: Bool { gantry_consumer_unwanted(consumer) }

  /// The next position that the driver cancelled; `cursor` begins at 0 and belongs to one thread.
  package func nextCancelled(_ cursor: inout UInt64) -> UInt64? {
    var position: UInt64 = 0
    return gantry_consumer_cancelled(consumer, &cursor, &position) ? position : nil
  }

  /// Bytes of the completion ring.
  package var ringBytes: Int { Int(consumer.pointee.ring_bytes) }

  /// Payload bytes that fit now; 0: perhaps not even a header does.
  package var room: Int { Int(clamping: gantry_consumer_room(consumer)) }

  /// Waits until so many payload bytes fit; at most a second, 64 after waits in vain.
  package func waitForRoom(_ bytes: Int) -> Wait { Wait(gantry_consumer_wait_room(consumer, UInt64(bytes))) }

  /// Looks whether so many payload bytes fit, after a short sleep if not; beside a thread that waits for descriptors.
  package func pollForRoom(_ bytes: Int) -> Wait { Wait(gantry_consumer_poll_room(consumer, UInt64(bytes))) }

  /// Where the payload of the open record goes.
  @inlinable
  package var payload: UnsafeMutableRawPointer { UnsafeMutableRawPointer(gantry_consumer_payload(consumer)) }

  /// Publishes the open record, whose payload stands in place.
  package func publish(
    _ kind: RecordKind, position: UInt64, inputs: Range<UInt32>, bytes: Int, isLast: Bool, busy: UInt64
  ) {
    var record = gantry_record()
    record.kind = kind.rawValue
    record.flags = isLast ? RecordKind.lastFlag : 0
    record.first = inputs.lowerBound
    record.count = UInt32(inputs.count)
    record.position = position
    record.length = UInt64(bytes)
    record.busy_ns = busy
    gantry_consumer_publish(consumer, &record)
  }

  /// Publishes a piece of a large output that `toCome` more bytes follow.
  package func publishPiece(_ position: UInt64, input: UInt32, _ bytes: Int, toCome: Int) {
    publish(
      .more, position: position, inputs: input..<(input + 1), bytes: bytes, isLast: false,
      busy: UInt64(clamping: toCome))
  }

  /// Says that the lane is mapped and the function can run, in the process named.
  package func publishStarted(process: Int32) {
    gantry_hooks_pass(Int32(GANTRY_STEP_STARTED))
    publish(.started, position: 0, inputs: 0..<0, bytes: 0, isLast: false, busy: UInt64(clamping: process))
  }
}

/// A private copy of a claimed descriptor.
@frozen
public struct Claim {
  @usableFromInline let claim: gantry_claim

  init(_ claim: gantry_claim) { self.claim = claim }

  /// The first input to run.
  @inlinable
  package var first: UInt32 { claim.first }

  /// After how many inputs to publish.
  @inlinable
  package var publishEvery: UInt32 { claim.publish_every }

  /// Where the chunk ends now; the driver may lower it while the chunk runs.
  @inlinable
  package var end: UInt32 { gantry_claim_end(claim) }

  package var position: UInt64 { claim.position }
  /// Inputs in the whole chunk.
  package var count: UInt32 { claim.count }
  package var offset: Int { Int(claim.offset) }
  package var form: ChunkForm {
    ChunkForm(
      stored: Int(claim.stored), raw: Int(claim.raw), check: claim.check, flags: claim.flags,
      stride: claim.stride)
  }
}

/// The two words by which a container and the driver agree, input by input, on what is still to run.
@frozen
public struct InputCursor {
  @usableFromInline let cursor: gantry_cursor

  package init(_ lane: LaneConsumer, _ claim: Claim) {
    var claim = claim.claim
    cursor = gantry_cursor_make(lane.consumer, &claim)
  }

  /// Marks an input as running, and only then asks whether it is still ours to run; false: leave the chunk here.
  @inlinable
  package func begin(_ input: UInt32) -> Bool { gantry_cursor_begin(cursor, input) }

  /// Marks that everything before `input` is complete and nothing runs.
  @inlinable
  package func leave(at input: UInt32) { gantry_cursor_leave(cursor, input) }

  /// In test builds, the step between an output and the next input.
  @inlinable
  package func passDone() { gantry_hooks_pass(Int32(GANTRY_STEP_INPUT_DONE)) }
}

/// In test builds, the step between a claim and its first input.
package func passChunkReady() { gantry_hooks_pass(Int32(GANTRY_STEP_CHUNK_READY)) }

/// In test builds, has this process die when it passes a step for the nth time.
package func armStepKill(step: UInt64, nth: UInt64) {
  if nth > 0 { gantry_hooks_arm(Int32(clamping: step), nth) }
}
