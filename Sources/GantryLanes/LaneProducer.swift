// The driver's end of one lane: its two memory regions and the checked verbs on them.
// Used under the driver's lock; a violation of the layout by the container is thrown and ends the lane.

package import CGantryRing

/// A record's header, copied and checked for form.
package typealias RecordHeader = gantry_record

/// The container wrote something that no correct container can write.
package struct LaneViolation: Error {
  package let what: String
  package init(_ what: String) { self.what = what }
}

/// The two rings between the driver and one container.
///
/// Not Sendable and never shared: the driver keeps it behind its lock, so that no access overlaps another.
package final class LaneProducer {
  private var driverMemory: SharedMemory
  private var containerMemory: SharedMemory
  let driverMapping: Mapping
  private let containerMapping: Mapping
  @exclusivity(unchecked) var producer = gantry_producer()

  /// The doorbell that the container rings.
  package let doorbell: Int32
  package let ringBytes: UInt64

  package init(ringBytes: UInt64, epoch: UInt64, function: UInt32, fenced: Bool, anonymous: Bool)
    throws(SharedMemoryError)
  {
    let driverBytes = UInt64(GANTRY_DRIVER_BYTES)
    let containerBytes = UInt64(GANTRY_PAGE) + ringBytes
    driverMemory = try SharedMemory(bytes: driverBytes, reserved: driverBytes, anonymous: anonymous)
    // Its container could shrink it under the driver's feet, which would then die of SIGBUS: only a memfd can forbid that.
    containerMemory = try SharedMemory(bytes: containerBytes, reserved: containerBytes, anonymous: true)
    driverMapping = try Mapping(driverMemory.writable, bytes: driverBytes, writable: true, forked: false)
    try driverMemory.seal(futureWrites: true)
    containerMapping = try Mapping(
      ring: containerMemory.readable, ringBytes: ringBytes, writable: false, forked: false)
    try containerMemory.seal(futureWrites: false)
    let bell = gantry_eventfd_create()
    try check(bell, "doorbell", 8)
    doorbell = bell
    self.ringBytes = ringBytes
    gantry_producer_open(
      &producer, driverMapping.base, containerMapping.base, ringBytes, epoch, function, fenced)
  }

  deinit { closeDescriptor(doorbell) }

  /// What the container maps: the driver's page without a way to write, its own region with one.
  package var containerDescriptors: (driverPage: Int32, containerRegion: Int32) {
    (driverMemory.readable, containerMemory.writable)
  }

  /// Closes what was for the container alone, once it is on its way there: many containers would hold many.
  package func closeContainerDescriptors() {
    driverMemory.closeDescriptors()
    containerMemory.closeDescriptors()
  }

  /// Publishes a range of a chunk's inputs and returns its position.
  ///
  /// Wakes nobody.
  package func publish(
    offset: UInt64, form: ChunkForm, inputs: Range<UInt32>, of count: UInt32, publishEvery: UInt32
  ) -> UInt64 {
    var range = gantry_range(
      offset: offset, stored: UInt64(form.stored), raw: UInt64(form.raw), check: form.check,
      first: inputs.lowerBound, end: inputs.upperBound, count: count, publish_every: publishEvery,
      flags: form.flags, stride: form.stride)
    let position = producer.avail
    gantry_producer_publish(&producer, &range)
    return position
  }

  /// Descriptors published so far, free-running.
  package var published: UInt64 { producer.avail }

  /// Wakes the container if it sleeps; true when that took a system call.
  @discardableResult
  package func wake() -> Bool { gantry_producer_wake(&producer) }

  /// Descriptors the container has claimed, free-running.
  package func claimed() throws(LaneViolation) -> UInt64 {
    var claim: UInt64 = 0
    if gantry_producer_claim(&producer, &claim) != 0 {
      throw LaneViolation(
        "a claim of \(claim), where \(producer.claim_seen) to \(producer.avail) was possible")
    }
    return claim
  }

  /// The most descriptors that it was seen to have claimed.
  package var claimSeen: UInt64 { producer.claim_seen }

  /// Whether the slot of the next descriptor may be written although the descriptor in it was not passed.
  ///
  /// A container that runs several inputs at once claims in order and holds copies: who claims a descriptor has copied
  /// the one before.
  package func canPublish(claimed: UInt64) -> Bool {
    Int64(bitPattern: claimed &+ UInt64(GANTRY_DESCRIPTORS) &- 2 &- producer.avail) >= 0
  }

  /// Takes back the unclaimed descriptors from `keep` on; returns the first position that is the driver's again.
  package func revoke(keeping keep: UInt64) throws(LaneViolation) -> UInt64 {
    var kept: UInt64 = 0
    if gantry_producer_revoke(&producer, keep, &kept) != 0 {
      throw LaneViolation("a claim of more, or of less, than it can have claimed")
    }
    return kept
  }

  package func progress() -> gantry_progress { gantry_producer_progress(&producer) }

  /// Lowers the end of a descriptor and passes a barrier that reaches the container; false: it could not.
  package func lowerEnd(_ position: UInt64, _ end: UInt32) -> Bool {
    gantry_producer_lower_end(&producer, position, end)
  }

  package func restoreEnd(_ position: UInt64, _ end: UInt32) {
    gantry_producer_restore_end(&producer, position, end)
  }

  package func cancel(_ position: UInt64) { gantry_producer_cancel(&producer, position) }

  /// Bytes of records taken so far, free-running.
  package var taken: UInt64 { producer.head }

  /// Whether records wait.
  ///
  /// One shared load.
  package var isPending: Bool { gantry_producer_pending(&producer) }

  /// The next record's header, checked, and its payload, which still lies in shared memory.
  package func next() throws(LaneViolation) -> (record: RecordHeader, payload: SharedBytes)? {
    var record = gantry_record()
    var payload: UnsafeRawPointer?
    let result = gantry_producer_next(&producer, &record, &payload)
    if result == 0 { return nil }
    guard result == 1, let payload else { throw LaneViolation(fault) }
    return (record, SharedBytes(UnsafeRawBufferPointer(start: payload, count: Int(record.length))))
  }

  /// What was wrong with the record that was refused last.
  private var fault: String {
    switch Int(producer.fault) {
    case Int(GANTRY_FAULT_TAIL):
      "a tail of \(producer.fault_value), where \(producer.tail_seen) to \(producer.head_told &+ ringBytes) was possible"
    case Int(GANTRY_FAULT_MAGIC): "a record without its mark"
    case Int(GANTRY_FAULT_EPOCH): "a record of another container"
    case Int(GANTRY_FAULT_HEADER_CHECK): "a record whose header has a wrong checksum"
    case Int(GANTRY_FAULT_LENGTH):
      "a record of \(producer.fault_value) bytes, which ends behind all that it has published"
    default: "a record that is none"
    }
  }

  package func take(_ record: RecordHeader) {
    var record = record
    gantry_producer_take(&producer, &record)
  }

  /// Tells the container how far its ring was read.
  ///
  /// Once a drain.
  package func release() { gantry_producer_release(&producer) }

  /// The open record's payload; nil when new records came since the last drain.
  ///
  /// Read `progress` before.
  package func openRecord() -> SharedBytes? {
    var room: UInt64 = 0
    guard let base = gantry_producer_open_record(&producer, &room) else { return nil }
    return SharedBytes(UnsafeRawBufferPointer(start: base, count: Int(room)))
  }

  package func setParked(_ level: DoorbellLevel) { gantry_producer_set_parked(&producer, level.rawValue) }
  package func setSpin(nanoseconds: Int) {
    gantry_producer_set_spin(&producer, UInt32(clamping: nanoseconds))
  }
  package func stop() { gantry_producer_stop(&producer) }

  /// What the signal handler of a dead container noted: numbers that only GantryContainers can read, and nobody trusts.
  package func crash() -> [UInt64]? {
    var words = [UInt64](repeating: 0, count: Int(GANTRY_CRASH_WORDS))
    return gantry_producer_crash(&producer, &words) ? words : nil
  }
}

/// Orders `setParked` of all lanes before the scan that follows.
package func parkedFence() { gantry_producer_fence() }

/// Whether this process can reach containers by a barrier; otherwise all of them fence each input.
package let canReachContainers: Bool = gantry_membarrier_all() == 0

/// Lets the driver's barrier reach the containers that are forked from this process; where it cannot be had they fence
/// each input.
package func letBarriersReachForks() { _ = gantry_membarrier_register() }

/// The monotonic clock in nanoseconds.
package func monotonicNow() -> UInt64 { gantry_clock_ns() }

/// A checksum over bytes in private memory.
package func checksum(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
  gantry_checksum(bytes.baseAddress, bytes.count)
}

/// Tells the processor that a thread spins.
package func spinPause() { gantry_pause() }

/// Bytes free in /dev/shm; 0 where it is missing.
package func freeSharedMemory() -> UInt64 { gantry_memory_free() }

/// Whether containers of this build can be told to die at a step of the protocol.
package let hasStepHooks: Bool = gantry_hooks_compiled()
